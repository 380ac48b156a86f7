import { expect } from 'vitest';
import { type Config, ConfigError, parseConfig } from '../../server/config.ts';
import type { Environment } from '../../server/environment.ts';

export const HOME = 'postgres://sweeper:pw@db.example:5432/sweeper';
export const CONTROL_PLANE = 'https://cp.example';

function noFiles(path: string): string {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
}
export const parse = (env: Environment = {}): Config => parseConfig(env, noFiles);
export const parseWith = (files: Readonly<Record<string, string>>, env: Environment): Config =>
  parseConfig(env, (path) => files[path] ?? noFiles(path));

export function errorOf(run: () => unknown): ConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was expected to be refused, and was not');
}
export const problemsOf = (env: Environment): readonly string[] => errorOf(() => parse(env)).problems;

/** The one mistake in it: a second one would be an accusation that nobody can act on. */
export function problemOf(env: Environment): string {
  const problems = problemsOf(env);
  expect(problems).toHaveLength(1);
  return problems[0] ?? '';
}

export const viewOf = (config: Config, name: string) => config.settings.find((setting) => setting.name === name);
