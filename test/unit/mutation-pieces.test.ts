import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pick, piecesOf } from '../mutation/pieces.ts';

const SOURCE = `import { a } from 'a';

const LIMIT = 5;

export async function first(
  one: string,
): Promise<void> {
  if (one) return;
}

export const second = (of: number) => of + LIMIT;

const third = (of: number) => {
  return of;
};

function fourth<T>(of: T): T { return of; }
export interface Not { readonly a: 1 }
`;

describe('the functions of a file', () => {
  it('go from their first line to their last; what is no function is none', () => {
    expect(piecesOf('f.ts', SOURCE).map(({ name, from, to }) => [name, from, to])).toEqual([
      ['first', 5, 9],
      ['second', 11, 11],
      ['third', 13, 15],
      ['fourth', 17, 17],
    ]);
  });

  it('are all that the sweep has, and never overlap', () => {
    const folder = fileURLToPath(new URL('../../server/sweep/', import.meta.url));
    for (const name of readdirSync(folder)) {
      const source = readFileSync(`${folder}${name}`, 'utf8');
      const pieces = piecesOf(name, source);
      const declared = source.match(/^(?:export )?(?:async )?function/gm) ?? [];
      expect(pieces.length, name).toBeGreaterThanOrEqual(declared.length);
      pieces.forEach(({ from, to }, i) => {
        expect(to, name).toBeGreaterThanOrEqual(from);
        expect(pieces[i + 1]?.from ?? Number.POSITIVE_INFINITY, name).toBeGreaterThan(to);
      });
    }
  });
});

describe('a sample', () => {
  const pieces = Array.from({ length: 50 }, (_, n) => ({
    file: 'f.ts',
    name: `f${n}`,
    from: 10 * n + 1,
    to: 10 * n + 10,
  }));

  it('is the same for the same seed, another for another, and as long as asked for', () => {
    expect(pick(pieces, 95, 1)).toEqual(pick(pieces, 95, 1));
    expect(pick(pieces, 95, 1)).not.toEqual(pick(pieces, 95, 2));
    expect(pick(pieces, 95, 1)).toHaveLength(10);
    expect(pick(pieces, 1_000_000, 1)).toHaveLength(50);
  });

  it('may draw each', () => {
    const drawn = new Set(
      Array.from({ length: 200 }, (_, seed) => pick(pieces, 50, seed + 1)).flatMap((few) =>
        few.map(({ name }) => name),
      ),
    );
    expect(drawn.size).toBe(50);
  });
});
