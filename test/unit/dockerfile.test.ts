import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ancestry, assignments, execForm, parseDockerfile } from '../support/dockerfile.ts';
import { configOf, manifest, PORT, ROOT, read } from '../support/install-files.ts';

describe('the Dockerfile', () => {
  const stages = parseDockerfile(read('Dockerfile'));
  const all = stages.flatMap(({ instructions }) => instructions);
  const of = (word: string, stage: string) =>
    ancestry(stages, stage).flatMap(({ instructions }) => instructions.filter((one) => one.word === word));

  test('is read in full', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'lean', 'runtime', 'demo', 'server']);
    expect(all.filter(({ word, text }) => word === '' || text === '')).toEqual([]);
  });

  test('stands on one Node, the recommended one', () => {
    const names = stages.map(({ name }) => name);
    const images = stages.map(({ from }) => from).filter((from) => !names.includes(from));
    expect(new Set(images)).toEqual(new Set(['node:24-bookworm-slim']));
  });

  test('copies only what is there, and what .dockerignore lets through', () => {
    const letThrough = read('.dockerignore').split('\n');
    expect(letThrough).toContain('*');
    const copied = all.filter(({ word, flags }) => word === 'COPY' && flags['from'] === undefined);
    const sources = copied.flatMap(({ text }) => text.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(new URL(source.replace('./', ''), ROOT)), source).toBe(true);
      expect(letThrough, source).toContain(`!${source.replace('./', '')}`);
    }
  });

  test('runs only scripts that exist', () => {
    const runs = all.filter(({ word }) => word === 'RUN').map(({ text }) => text);
    expect(runs.length).toBeGreaterThan(2);
    for (const run of runs) {
      expect(run).toMatch(/^npm (ci|run [a-z:]+|prune( --omit=(dev|optional))+)$/);
      const script = /^npm run (\S+)$/.exec(run)?.[1];
      if (script !== undefined) expect(manifest.scripts).toHaveProperty(script);
    }
  });

  test.each(['server', 'demo'])('ends in a %s that is not root, knows its health, and gets its signals', (stage) => {
    expect(of('USER', stage).at(-1)?.text).toBe('node');
    expect(of('HEALTHCHECK', stage)).toHaveLength(1);
    // Not through a shell, which would keep the SIGTERM to itself.
    expect(execForm(of('CMD', stage).at(-1)?.text ?? '').slice(0, 2)).toEqual(['node', 'dist/server/main.js']);
    expect(of('EXPOSE', stage).map(({ text }) => text)).toEqual([String(PORT)]);
    const env = Object.assign({}, ...of('ENV', stage).map(({ text }) => assignments(text)));
    expect(configOf({ ...env, ALLOW_ANONYMOUS: 'true' }).http.host).toBe('0.0.0.0');
    // An image that let everybody in by itself would let in whoever publishes its port.
    expect(env).not.toHaveProperty('ALLOW_ANONYMOUS');
  });

  test('builds the server unless told', () => expect(stages.at(-1)?.name).toBe('server'));
});
