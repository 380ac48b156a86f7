import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PROMISES = [
  'nothing is forgotten',
  'nothing live is touched',
  'every Stop leaves a trace, before it happens',
  'nobody starves',
  'no storms',
  'one bad orphan is one bad orphan',
  'one sweep per tenant at a time',
  '"could not ask" is not "no"',
  'the console tells the truth',
  'it never stops trying',
] as const;

/** The tests, each with its text, by its path below test/. */
const tests = new Map(
  ['unit', 'integration', 'long', 'e2e']
    .flatMap((folder) => readdirSync(join(ROOT, 'test', folder)).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith('.test.ts') && path !== 'unit/promises.test.ts')
    .map((path) => [path, readFileSync(join(ROOT, 'test', path), 'utf8')]),
);
const architecture = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8');

/** The cells of the row of ARCHITECTURE.md that tells of a promise: number, words, mechanism, tests. */
function rowOf(number: number): readonly string[] {
  const row = architecture.split('\n').find((line) => line.startsWith(`| ${number} | `)) ?? '';
  return row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe.each(PROMISES.map((words, index) => ({ words, number: index + 1 })))(
  'promise $number',
  ({ words, number }) => {
    const title = `promise ${number}: ${words}`;
    const proving = [...tests].filter(([, text]) => text.includes(title)).map(([path]) => path);
    const [, told = '', mechanism = '', proof = ''] = rowOf(number);
    const named = [...proof.matchAll(/`([^`]+)`/g)].map(([, path = '']) => `${path}.test.ts`);

    it('is the title of a test', () => {
      expect(proving).not.toEqual([]);
    });

    it('has a row in ARCHITECTURE.md, with what keeps it', () => {
      expect(told).toBe(words);
      expect(mechanism).not.toBe('');
    });

    it('names the tests that prove it there: those that exist, and all that carry its title', () => {
      expect(named.filter((path) => !tests.has(path))).toEqual([]);
      expect(proving.filter((path) => !named.includes(path))).toEqual([]);
    });
  },
);
