import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { envExample } from '../../server/env-example.ts';
import { parseEnvText } from '../../server/env-file.ts';
import { SETTING_NAMES, settingOf } from '../../server/settings.ts';
import { parse } from '../support/config.ts';

const LINES = envExample().split('\n');
const ENTRY = /^#([A-Z_]+)=/;

test('.env.example is what the settings make of it (npm run env:example)', () => {
  expect(readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')).toBe(envExample());
});

test('it has every setting that this version knows, once, with what it is and what it may be', () => {
  const names = LINES.flatMap((line) => ENTRY.exec(line)?.[1] ?? []);
  expect([...names].sort()).toEqual([...SETTING_NAMES].sort());
  for (const name of SETTING_NAMES) {
    const { meaning, wants, secret } = settingOf(name);
    const text = envExample()
      .split('\n\n')
      .find((part) => part.includes(`\n#${name}=`));
    expect(text).toContain(`# ${meaning}\n# Wants ${wants}.\n# Default: `);
    expect(text?.includes(`${name}_FILE`), name).toBe(secret === true);
  }
});

test('as it is, it sets nothing', () => {
  expect(parseEnvText('/.env', envExample())).toEqual({ values: {}, problems: [] });
});

test('with every # taken away it sets everything to its default', () => {
  const { values, problems } = parseEnvText('/.env', LINES.map((line) => line.replace(ENTRY, '$1=')).join('\n'));
  expect(problems).toEqual([]);
  expect(Object.keys(values).length).toBeGreaterThan(20);
  const { settings: _, ...config } = parse(values);
  const { settings: _defaults, ...defaults } = parse();
  expect(config).toEqual(defaults);
});
