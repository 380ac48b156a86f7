import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Config, parseConfig } from '../../server/config.ts';
import { type EnvFile, parseEnvText, readEnvFile } from '../../server/env-file.ts';
import type { Environment } from '../../server/environment.ts';
import { CONTROL_PLANE, errorOf, HOME, viewOf } from '../support/config.ts';

const PATH = '/srv/sweeper/.env';
const SHOWN = '(from the file "/srv/sweeper/.env")';

const fileOf = (text: string, openToOthers = false): EnvFile => ({
  path: PATH,
  ...parseEnvText(PATH, text),
  openToOthers,
});
const FILES: Readonly<Record<string, string>> = { '/s/home': HOME, '/s/shared': 'shared' };

function parse(text: string, env: Environment = {}, openToOthers = false): Config {
  const readFile = (path: string): string => {
    const found = FILES[path];
    if (found === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
    return found;
  };
  return parseConfig(env, readFile, fileOf(text, openToOthers));
}
const problemsOf = (text: string, env: Environment = {}): readonly string[] => errorOf(() => parse(text, env)).problems;

describe('a .env', () => {
  test('says what the environment does not, and each setting says where it came from', () => {
    const config = parse('SWEEP_LIMIT=7\nSWEEP_CONCURRENCY=3\nDATABASE_URL_FILE=/s/home', { SWEEP_CONCURRENCY: '4' });
    expect(config.sweep).toMatchObject({ limit: 7, concurrency: 4 });
    expect(config.home).toEqual({ kind: 'url', url: HOME });
    expect(viewOf(config, 'SWEEP_LIMIT')).toMatchObject({ value: 7, source: '.env' });
    expect(viewOf(config, 'SWEEP_CONCURRENCY')).toMatchObject({ value: 4, source: 'environment' });
    expect(viewOf(config, 'DATABASE_URL')).toMatchObject({ value: null, set: true, source: 'file' });
    expect(viewOf(config, 'PORT')).toMatchObject({ source: 'default' });
  });

  test('counts less than an empty value in the environment: that is how one is taken away for one start', () => {
    const text = `CONTROL_PLANE_URL=${CONTROL_PLANE}`;
    expect(parse(text).backend).not.toBeNull();
    expect(parse(text, { CONTROL_PLANE_URL: '' }).backend).toBeNull();
    expect(parse(text, { CONTROL_PLANE_URL: undefined }).backend).not.toBeNull();
  });

  test.each([
    [{ DATABASE_URL: HOME }, 'DATABASE_URL_FILE=/not/there'],
    [{ DATABASE_URL_FILE: '/s/home' }, 'DATABASE_URL=postgres://other/database'],
  ])('leaves a secret to the environment that has it in its other form: %j', (env, text) => {
    expect(parse(text, env).home).toEqual({ kind: 'url', url: HOME });
  });

  test('with nothing in it, or empty values, is as none', () => {
    expect(parse('# nothing\n\nSWEEP_LIMIT=\n')).toEqual(parseConfig({}, () => ''));
  });
});

describe('a mistake in a .env', () => {
  test('is reported beside those of the environment, and names the file', () => {
    const error = errorOf(() => parse('SWEEP_LIMIT=many\nSWEEP_LIMITS=5', { PORT: 'x' }));
    expect(error.message).toMatch(
      /^There are 3 mistakes in the settings, those of "\/srv\/sweeper\/\.env" included:\n/,
    );
    expect(error.problems).toEqual([
      'PORT is "x"; it must be a whole number from 0 to 65535',
      `SWEEP_LIMIT ${SHOWN} is "many"; it must be a whole number from 0 to 10000`,
      `SWEEP_LIMITS ${SHOWN} is not a setting; did you mean SWEEP_LIMIT?`,
    ]);
  });

  test('can be one of two settings together, each from another place', () => {
    const error = errorOf(() => parse(`DATABASE_URL=${HOME}`, { EMBEDDED_DATABASE: 'true' }));
    expect(error.message).toContain(`those of "${PATH}" included`);
    expect(error.problems).toEqual([
      'DATABASE_URL and EMBEDDED_DATABASE=true are both set; there must be one home database, so unset one',
    ]);
  });

  test.each([
    ['SWEP_DRY_RUN=true', `SWEP_DRY_RUN ${SHOWN} is not a setting; did you mean SWEEP_DRY_RUN?`],
    ['PLATFORM_PORT=1', `PLATFORM_PORT ${SHOWN} is not a setting, and nothing else is read`],
    ['SWEEP_LIMIT_FILE=/s', `SWEEP_LIMIT_FILE ${SHOWN} is not a setting: only secrets are read from files`],
    ['TZ=UTC', `TZ ${SHOWN} is not a setting, and nothing else is read from there; it must be set in the environment`],
    ['NODE_EXTRA_CA_CERTS=/ca.pem', `NODE_EXTRA_CA_CERTS ${SHOWN} is not a setting, and nothing else is read`],
  ])('is every name that is no setting: %s', (text, sentence) => {
    const [problem, ...others] = problemsOf(text);
    expect(problem).toContain(sentence);
    expect(others).toEqual([]);
  });

  test('is no name of Compose, which reads the same file for itself', () => {
    expect(parse('COMPOSE_PROFILES=demo').settings).toEqual(parse('').settings);
  });

  test.each([
    ['SWEEP_LIMIT 5', 'a line without ='],
    ['SWEEP_LIMIT: 5', 'a line as in YAML'],
    ['CONTROL_PLANE_SHARED_SECRET="hunter2', 'a quote that is not closed'],
    ['CONTROL_PLANE_SHARED_SECRET="hunter2" x', 'more behind the quotes'],
    ['CONTROL_PLANE_SHARED_SECRET=hunt#er2', 'a # that would cut the value'],
    ['CONTROL_PLANE_SHARED_SECRET=#hunter2', 'a # that would leave nothing of it'],
    ['-----BEGIN hunter2', 'a line of something else'],
  ])('is a line that Node would pass over or read in part, and its text is not shown: %s (%s)', (line) => {
    const problems = problemsOf(`PORT=9000\n${line}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Line 2 of the file "\/srv\/sweeper\/\.env" says nothing; it must be NAME=value/);
    expect(problems[0]).not.toMatch(/hunt|er2/);
  });

  test('is a name that is there twice', () => {
    expect(problemsOf('SWEEP_LIMIT=5\n\nSWEEP_LIMIT=6')).toEqual([
      `SWEEP_LIMIT ${SHOWN} is there again in line 3; it must be there once`,
    ]);
  });

  test('is a secret beside its own file', () => {
    expect(problemsOf('DATABASE_URL=postgres://h/d\nDATABASE_URL_FILE=/s/home')).toEqual([
      `DATABASE_URL and DATABASE_URL_FILE ${SHOWN} are both set; it must be one of them`,
    ]);
  });

  test('is a secret that is wrong, of which nothing is shown', () => {
    const [problem] = problemsOf('DATABASE_URL=mysql://me:hunter2@h/d');
    expect(problem).toContain(`DATABASE_URL ${SHOWN} is "mysql://***@h/d"`);
  });
});

describe('a line of a .env', () => {
  test.each([
    ['CONTROL_PLANE_ADMIN_TOKEN=a=b', 'a=b'],
    ['export CONTROL_PLANE_ADMIN_TOKEN=ab', 'ab'],
    ['  CONTROL_PLANE_ADMIN_TOKEN = ab  # the second', 'ab'],
    ['CONTROL_PLANE_ADMIN_TOKEN="a # b"', 'a # b'],
    ["CONTROL_PLANE_ADMIN_TOKEN='a\"b' # so", 'a"b'],
    ['CONTROL_PLANE_ADMIN_TOKEN=$HOME', '$HOME'],
    ['CONTROL_PLANE_ADMIN_TOKEN=a b', 'a b'],
    ['CONTROL_PLANE_ADMIN_TOKEN=ab\r\n', 'ab'],
    ['\uFEFFCONTROL_PLANE_ADMIN_TOKEN=ab', 'ab'],
    ['CONTROL_PLANE_ADMIN_TOKEN= # none', ''],
  ])('is read as Node reads it: %j', (line, value) => {
    expect(parseEnvText(PATH, line)).toEqual({ values: { CONTROL_PLANE_ADMIN_TOKEN: value }, problems: [] });
  });
});

describe('a .env that others may read', () => {
  test('is warned of when it holds a secret', () => {
    expect(parse(`DATABASE_URL=${HOME}\nCONTROL_PLANE_ADMIN_TOKEN=t`, {}, true).warnings).toEqual([
      `The file "${PATH}" holds DATABASE_URL, CONTROL_PLANE_ADMIN_TOKEN and is open to other users of this machine; ` +
        `close it: chmod 600 "${PATH}"`,
    ]);
  });

  test.each([
    ['SWEEP_LIMIT=5\nDATABASE_URL_FILE=/s/home', true],
    ['DATABASE_URL=', true],
    [`DATABASE_URL=${HOME}`, false],
  ])('and one without, or that is closed, is left alone: %j', (text, openToOthers) => {
    expect(parse(text, {}, openToOthers).warnings).toEqual([]);
  });
});

describe('the file itself', () => {
  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'orphan-sweeper-env-'));
    onTestFinished(() => rm(path, { recursive: true }));
    return path;
  }

  test('that is not there is none', async () => {
    expect(readEnvFile(join(await folder(), '.env'))).toBeNull();
  });

  test('is read with its mode', async () => {
    const path = join(await folder(), '.env');
    await writeFile(path, 'PORT=9000\n');
    for (const [mode, openToOthers] of [
      [0o600, false],
      [0o400, false],
      [0o640, true],
      [0o604, true],
    ] as const) {
      await chmod(path, mode);
      expect(readEnvFile(path)).toEqual({ path, values: { PORT: '9000' }, problems: [], openToOthers });
    }
  });

  test('that cannot be read is a mistake with a sentence', async () => {
    const path = join(await folder(), '.env');
    await mkdir(path);
    expect(errorOf(() => parseConfig({}, () => '', readEnvFile(path))).problems).toEqual([
      `The file "${path}" cannot be read (EISDIR: illegal operation on a directory, read); ` +
        'it must be a file that this user may read, or not be there',
    ]);
  });
});
