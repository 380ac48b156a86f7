import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Config, parseConfig } from '../../server/config.ts';
import type { Environment } from '../../server/environment.ts';
import { isSettingName, settingOf } from '../../server/settings.ts';
import { HOME, parse } from './config.ts';

export const ROOT = new URL('../../', import.meta.url);
/** A file of the project. */
export const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');
export const manifest: {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(read('package.json'));
/** What the server's image is called. */
export const IMAGE = `orphan-sweeper:${manifest.version}`;
/** What whoever ends the program has to wait for, in seconds. */
export const CLOSES_WITHIN_S = Number(/CLOSE_WITHIN_MS = (\d+)_000;/.exec(read('server/main.ts'))?.[1]);
/** Where it listens unless told. */
export const PORT = parse().http.port;

/** What a setting's name may look like in a file for others: itself, and for secrets with `_FILE`. */
function isRead(name: string): boolean {
  const plain = name.replace(/_FILE$/, '');
  if (name === 'NODE_ENV') return true;
  return isSettingName(name) || (isSettingName(plain) && settingOf(plain).secret === true);
}

/** Every name is one that is read, and every value one that is allowed. */
export function configOf(env: Environment): Config {
  expect(Object.keys(env).filter((name) => !isRead(name))).toEqual([]);
  return parseConfig(env, (path) => (path.includes('database') ? HOME : 'secret'));
}
