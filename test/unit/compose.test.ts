import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { HOME } from '../support/config.ts';
import { parseDockerfile } from '../support/dockerfile.ts';
import { CLOSES_WITHIN_S, configOf, IMAGE, PORT, read } from '../support/install-files.ts';

interface ComposeContainer {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly profiles?: readonly string[];
  readonly stop_grace_period?: string;
}

describe('compose.yaml', () => {
  const compose: {
    services: Record<string, ComposeContainer>;
    secrets: Record<string, { file: string }>;
  } = parseYaml(read('compose.yaml'));
  const { database, sweeper, demo } = compose.services;

  test('has settings that are read and allowed', () => {
    const unless = { ALLOWED_HOSTS: 'localhost,sweeper', ALLOW_ANONYMOUS: 'true' };
    for (const [name, value] of Object.entries(unless)) {
      expect(sweeper?.environment[name]).toBe(`\${${name}:-${value}}`);
    }
    const env = { ...sweeper?.environment, ...unless };
    expect(configOf(env)).toMatchObject({ home: { kind: 'url', url: HOME }, http: { port: PORT } });
    expect(configOf(demo?.environment ?? {}).http).toMatchObject({ port: PORT });
  });

  test('publishes on this machine alone, since nobody signs in', () => {
    for (const one of Object.values(compose.services)) {
      for (const port of one.ports ?? []) expect(port).toMatch(new RegExp(`^127\\.0\\.0\\.1:\\d+:${PORT}$`));
    }
    expect(sweeper?.ports).toHaveLength(1);
    expect(database?.ports).toBeUndefined();
  });

  test('builds targets that exist, under the version of package.json', () => {
    const targets = parseDockerfile(read('Dockerfile')).map(({ name }) => name);
    expect(targets).toContain(sweeper?.build?.target);
    expect(targets).toContain(demo?.build?.target);
    expect(sweeper?.image).toBe(IMAGE);
    expect(demo?.image).toBe(IMAGE.replace(':', '-demo:'));
  });

  test('gives each container only secrets that are files in a folder that git does not take', () => {
    const ignored = read('.gitignore').split('\n');
    expect(ignored).toContain('secrets/');
    expect(ignored).toContain('.env');
    for (const { file } of Object.values(compose.secrets)) expect(file).toMatch(/^secrets\//);
    for (const one of Object.values(compose.services)) {
      for (const name of one.secrets ?? []) {
        expect(compose.secrets).toHaveProperty(name);
        expect(Object.values(one.environment)).toContain(`/run/secrets/${name}`);
      }
    }
  });

  test('waits for an end longer than it may take, and shows the demo only when told', () => {
    for (const one of [sweeper, demo]) {
      expect(Number(one?.stop_grace_period?.replace('s', ''))).toBeGreaterThan(CLOSES_WITHIN_S);
    }
    expect(demo?.profiles).toEqual(['demo']);
    expect(sweeper?.profiles).toBeUndefined();
  });
});
