import { sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterCursor, CursorError, type Order, pageOf } from '../../server/sweep/page.ts';

const ORDER: Order = {
  name: 'newest',
  keys: [
    { expression: sql`at`, type: 'timestamptz' },
    { expression: sql`id`, type: 'uuid' },
  ],
  descending: true,
};
const ID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const row = (n: number) => ({ n, keys: [`2026-11-23 03:04:05.00000${n}+00`, ID] });

describe('a page', () => {
  it('has a cursor only when there is more', () => {
    expect(pageOf(ORDER, [row(1), row(2)], 2).nextCursor).toBeNull();
    const { page, nextCursor } = pageOf(ORDER, [row(1), row(2), row(3)], 2);
    expect(page.map(({ n }) => n)).toEqual([1, 2]);
    expect(nextCursor).not.toBeNull();
  });

  it.each([
    [true, '(at, id) < ($1::timestamptz, $2::uuid)'],
    [false, '(at, id) > ($1::timestamptz, $2::uuid)'],
  ])('goes on behind the last row, as an index can, with its microseconds (descending: %s)', (descending, text) => {
    const order: Order = { ...ORDER, descending };
    const { nextCursor } = pageOf(order, [row(1), row(2)], 1);
    const query = new PgDialect().sqlToQuery(afterCursor(order, nextCursor ?? ''));
    expect(query.sql).toBe(text);
    expect(query.params).toEqual(['2026-11-23 03:04:05.000001+00', ID]);
  });

  it('takes no cursor of another order', () => {
    const { nextCursor } = pageOf({ ...ORDER, name: 'oldest' }, [row(1), row(2)], 1);
    expect(() => afterCursor(ORDER, nextCursor ?? '')).toThrow(CursorError);
  });

  it('takes nothing that is no cursor, and lets nothing of it near the database', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          expect(() => afterCursor(ORDER, text)).toThrow(CursorError);
        },
      ),
      { numRuns: 500 },
    );
    const forged = (...keys: string[]) => Buffer.from(JSON.stringify(['newest', ...keys])).toString('base64url');
    for (const cursor of [forged(), forged('x', ID), forged('2026-11-23 03:04:05+00', 'x'), forged('infinity', ID)]) {
      expect(() => afterCursor(ORDER, cursor)).toThrow(CursorError);
    }
  });
});
