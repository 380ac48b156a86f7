import { readFileSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { parseEnv } from 'node:util';
import { type Environment, reasonOf } from './environment.ts';

/** A `.env`, as it was read. */
export interface EnvFile {
  readonly path: string;
  readonly values: Environment;
  /** Lines that say nothing, or what another one says as well: a sentence each, without any value. */
  readonly problems: readonly string[];
  /** Whether more than its owner can do something with it. */
  readonly openToOthers: boolean;
}

/**
 * What Node reads in full: it cuts a value at any # outside of quotes, drops what stands behind quotes, and passes over
 * every other line in silence.
 */
const LINE =
  /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:"[^"]*"|'[^']*'|`[^`]*`|[^\s#"'`](?:[^#]*[^\s#])?)?(?:\s+#.*)?\s*$/;
const NOTHING = /^\s*(#.*)?$/;
const OTHERS = 0o077;

/** Null: there is none, which is how most run. One that cannot be read is a mistake, like those in it. */
export function readEnvFile(path: string): EnvFile | null {
  try {
    const text = readFileSync(path, 'utf8');
    // Windows has other means than these bits, which there say nothing.
    const openToOthers = platform() !== 'win32' && (statSync(path).mode & OTHERS) !== 0;
    return { path, ...parseEnvText(path, text), openToOthers };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    const problem =
      `The file ${JSON.stringify(path)} cannot be read (${reasonOf(error)}); ` +
      'it must be a file that this user may read, or not be there';
    return { path, values: {}, problems: [problem], openToOthers: false };
  }
}

/** Line by line, since no setting has a value of several: so one quote too many cannot swallow the lines behind it. */
export function parseEnvText(path: string, text: string): Pick<EnvFile, 'values' | 'problems'> {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const file = JSON.stringify(path);
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (NOTHING.test(line)) continue;
    const name = LINE.exec(line)?.[1];
    const value = name === undefined ? undefined : parseEnv(line)[name];
    if (name === undefined || value === undefined) {
      problems.push(
        `Line ${index + 1} of the file ${file} says nothing; it must be NAME=value, with a value that holds a # in quotes`,
      );
    } else if (Object.hasOwn(values, name)) {
      problems.push(`${name} (from the file ${file}) is there again in line ${index + 1}; it must be there once`);
    } else values[name] = value;
  }
  return { values, problems };
}
