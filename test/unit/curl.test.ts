import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Called, curlOf } from '../../web/src/lib/curl.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orphan-sweeper-curl-'));
  // Says what it was called with, and calls nobody.
  await writeFile(join(folder, 'curl'), '#!/bin/sh\nfor word in "$@"; do printf \'%s\\0\' "$word"; done\n');
  await chmod(join(folder, 'curl'), 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

/** With signs that a shell would make something of, were it not quoted. */
const TOKEN = 'sweeper_a b*$HOME';

/** What a shell makes of the line: the words that curl is given. */
async function wordsOf(line: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', line], {
    cwd: folder,
    env: { PATH: `${folder}:/usr/bin:/bin`, HOME: '/expanded', ORPHAN_SWEEPER_TOKEN: TOKEN },
  });
  return stdout.split('\0').slice(0, -1);
}

const ORIGIN = 'https://sweeper.example:8443';
const OPEN: Called = { origin: ORIGIN, withToken: false };
const SIGNED_IN: Called = { origin: ORIGIN, withToken: true };

test('what is only asked needs neither a method nor a body', async () => {
  expect(await wordsOf(curlOf(OPEN, 'GET', '/api/orphans/w/instance'))).toEqual([
    '-sS',
    `${ORIGIN}/api/orphans/w/instance`,
  ]);
});

test.each([
  "it's Anna's",
  `'; touch pwned; '`,
  '$(touch pwned) `touch pwned` $HOME $0',
  'a "quoted" word \\ and \\\\ two',
  '* ? [a-z] ~ ! # & | ; < > ( ) {a,b}',
  'two\nlines\tand a tab',
  '@file',
  'Grüße 😀',
  "'",
  "''",
])('whatever is typed comes through a shell as it is: %j', async (text) => {
  const line = curlOf(OPEN, 'PUT', `/api/orphans/${encodeURIComponent(text)}/hold`, { reason: text, actor: text });
  const words = await wordsOf(line);
  expect(words.slice(0, 3)).toEqual(['-sS', '-X', 'PUT']);
  expect(words[3]).toBe(`${ORIGIN}/api/orphans/${encodeURIComponent(text)}/hold`);
  expect(words.slice(4, 7)).toEqual(['-H', 'content-type: application/json', '--data-raw']);
  expect(JSON.parse(words[7] ?? '')).toEqual({ reason: text, actor: text });
  expect(words).toHaveLength(8);
  await expect(promisify(execFile)('ls', [join(folder, 'pwned')])).rejects.toThrow();
});

test('the body begins with a brace, so that curl takes it for no file', () => {
  expect(curlOf(OPEN, 'POST', '/api/sweeps', {})).toContain(`--data-raw '{`);
});

test('it is one line, so that pasting it runs nothing half', () => {
  expect(curlOf(OPEN, 'POST', '/api/sweeps', { reason: 'two\nlines' })).not.toContain('\n');
});

test('where somebody has to sign in, the shell puts its own token there, and none is copied', async () => {
  const line = curlOf(SIGNED_IN, 'DELETE', '/api/pause', {});
  expect(line).toContain('-H "Authorization: Bearer $ORPHAN_SWEEPER_TOKEN"');
  expect(await wordsOf(line)).toEqual([
    ...['-sS', '-X', 'DELETE', `${ORIGIN}/api/pause`],
    ...['-H', `Authorization: Bearer ${TOKEN}`],
    ...['-H', 'content-type: application/json', '--data-raw', '{}'],
  ]);
  expect(await wordsOf(curlOf(SIGNED_IN, 'GET', '/api/status'))).toContain(`Authorization: Bearer ${TOKEN}`);
  expect(await wordsOf(curlOf(OPEN, 'GET', '/api/status'))).not.toContain('-H');
});
