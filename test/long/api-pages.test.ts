import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import { ORPHAN_SORTS, type OrphanSort } from '../../server/sweep/outcome.ts';
import { type Api, createApi } from '../support/api.ts';
import { createWorld, type World } from '../support/world.ts';

const COUNT = 130;
const PAGE = 7;

let world: World;
let api: Api;
/** Those that stay while the pages are walked. */
const staying = new Set<string>();

beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  const rows = await world.leakMany(COUNT);
  for (const row of rows) staying.add(row.instance_id ?? '');
  // Few different times and names, with microseconds that a JavaScript date would lose.
  await world.platformDatabase.query(`
    update workspaces set name = 'name-' || abs(hashtext(instance_id)) % 5,
      updated_at = '2026-01-02T03:04:05.678901Z'::timestamptz
        + make_interval(secs => 0.000001 * (abs(hashtext(instance_id)) % 3))`);
  await world.observe();
  await world.home.query(`
    update sweeper.orphans set attempts = abs(hashtext(instance_id)) % 4,
      stuck_at = case when abs(hashtext(instance_id)) % 5 = 0 then now() - interval '1 h' end,
      held_at = now(), hold_until = case when abs(hashtext(instance_id)) % 7 = 0 then now() + interval '1 h' end`);
  return async () => {
    await api.close();
    await world.close();
  };
});

const pageOf = async (query: string) => (await api.call<OrphanListAnswer>(`/api/orphans?${query}`)).body;

describe('keyset pages', () => {
  it.each(ORPHAN_SORTS)('by %s lose no row and double none, while others come and go', async (sort) => {
    const seen: Orphan[] = [];
    let passing = await world.leakMany(10);
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await pageOf(`sort=${sort}&limit=${PAGE}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items);
      expect(seen.length, 'a walk that never ends').toBeLessThan(2 * COUNT);
      expect(page.items.length).toBeLessThanOrEqual(PAGE);
      cursor = page.nextCursor;
      // Some leave, be it from the pages that were shown or from those to come; others turn up anywhere.
      const [leaves, ...rest] = passing;
      await world.platformDatabase.query('update workspaces set instance_id = null where id = $1', [leaves?.id]);
      passing = [...rest, ...(await world.leakMany(1))];
      await world.observe();
    }
    const ids = seen.map((item) => item.instanceId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => staying.has(id))).toHaveLength(COUNT);
    expect(seen.map(keyOf[sort])).toEqual(seen.map(keyOf[sort]).sort(compare));
    const left = passing.map((row) => row.id);
    await world.platformDatabase.query('update workspaces set instance_id = null where id = any($1)', [left]);
    await world.observe();
  });

  it('say how many match altogether, on every page', async () => {
    const first = await pageOf(`limit=${PAGE}`);
    const second = await pageOf(`limit=${PAGE}&cursor=${first.nextCursor}`);
    expect([first.total, second.total]).toEqual([COUNT, COUNT]);
    expect((await pageOf('state=held&limit=1')).total).toBeLessThan(COUNT);
  });

  it('end exactly where the list ends', async () => {
    const whole = await pageOf(`limit=${COUNT}`);
    expect(whole.items).toHaveLength(COUNT);
    expect(whole.nextCursor).toBeNull();
    expect((await pageOf(`limit=${COUNT - 1}`)).nextCursor).not.toBeNull();
  });

  it('go on behind a name that is longer than any URL', async () => {
    const rows = await world.leakMany(3);
    await world.platformDatabase.query(`update workspaces set name = repeat('😀', 5000) || id where id = any($1)`, [
      rows.map((row) => row.id),
    ]);
    await world.observe();
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await pageOf(`sort=name&limit=1&q=${encodeURIComponent('😀')}${cursor && `&cursor=${cursor}`}`);
      found.push(...page.items.map((item) => item.workspaceId));
      expect(found.length, 'a walk that never ends').toBeLessThan(10);
      cursor = page.nextCursor;
    }
    expect(found.sort()).toEqual(rows.map((row) => row.id).sort());
    await world.platformDatabase.query('update workspaces set instance_id = null where id = any($1)', [found]);
    await world.observe();
  });
});

const rank = (item: Orphan) => (item.state === 'stuck' ? 0 : item.state === 'held' ? 2 : 1);
/** What a sort goes by, so that smaller comes first. */
const keyOf: Readonly<Record<OrphanSort, (item: Orphan) => readonly (string | number)[]>> = {
  urgent: (item) => [rank(item), Date.parse(item.orphanedAt)],
  oldest: (item) => [Date.parse(item.orphanedAt)],
  newest: (item) => [-Date.parse(item.orphanedAt)],
  attempts: (item) => [-item.attempts],
  name: (item) => [item.workspaceName ?? item.workspaceId],
};

function compare(one: readonly (string | number)[], other: readonly (string | number)[]): number {
  for (const [i, key] of one.entries()) {
    const against = other[i] ?? 0;
    if (key !== against) return key < against ? -1 : 1;
  }
  return 0;
}

const UUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const TIME = '2026-01-02 03:04:05.678901+00';
const forge = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('a cursor that this list did not give out', () => {
  it.each([
    ['nonsense', 'nonsense'],
    ['not base64', '%F0%9F%98%80'],
    ['of no order', forge()],
    ['of another sort', forge('newest', TIME, UUID)],
    ['of another list', forge('newest_sweep', TIME, UUID)],
    ['with too few keys', forge('oldest', TIME)],
    ['with too many keys', forge('oldest', TIME, UUID, UUID)],
    ['with a number', forge('oldest', 5, UUID)],
    ['with null', forge('oldest', null, UUID)],
    ['that is no list', Buffer.from('{"0":"oldest"}').toString('base64url')],
    ['with a time that never is', forge('oldest', '2026-02-30 03:04:05+00', UUID)],
    ['with a month 13', forge('oldest', '2026-13-01 03:04:05+00', UUID)],
    ['with an hour 25', forge('oldest', '2026-01-01 25:00:00+00', UUID)],
    ['with a year 0', forge('oldest', '0000-01-01 00:00:00+00', UUID)],
    ['beyond the end of time', forge('oldest', '999999-01-01 00:00:00+00', UUID)],
    ['in a time zone that is none', forge('oldest', '2026-01-01 00:00:00+99', UUID)],
    ['at infinity', forge('oldest', 'infinity', UUID)],
    ['now', forge('oldest', 'now', UUID)],
    ['with an id that is none', forge('oldest', TIME, 'x')],
    ['with SQL', forge('oldest', "'; drop table sweeper.orphans; --", UUID)],
  ])('%s is refused', async (_what, cursor) => {
    const answer = await api.call(`/api/orphans?sort=oldest&cursor=${cursor}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
  });

  it('is refused by every list, and by every sort', async () => {
    for (const sort of ORPHAN_SORTS) {
      const { nextCursor } = await pageOf(`sort=${sort}&limit=1`);
      for (const other of ORPHAN_SORTS) {
        const { status } = await api.call<unknown>(`/api/orphans?sort=${other}&cursor=${nextCursor}`);
        expect([sort, other, status]).toEqual([sort, other, sort === other ? 200 : 400]);
      }
      for (const list of ['/api/sweeps', `/api/sweeps/${UUID}/attempts`, '/api/orphans/x/attempts']) {
        const answer = await api.call(`${list}?cursor=${nextCursor}`);
        expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_cursor' } });
      }
    }
  });

  it('never is more than a bad request, whatever it says', async () => {
    const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9]{${length}}$`));
    const time = fc
      .tuple(fc.oneof(digits(4), digits(5), digits(6)), ...[2, 2, 2, 2, 2, 2].map(digits))
      .map(([y, mo, d, h, mi, s, zone]) => `${y}-${mo}-${d} ${h}:${mi}:${s}+${zone}`);
    const integer = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }).map(String);
    const key = fc.oneof(fc.string({ unit: 'binary' }), time, integer, fc.uuid(), fc.constant(TIME), fc.constant('1'));
    const cursor = fc.oneof(
      { weight: 1, arbitrary: fc.string() },
      {
        weight: 5,
        arbitrary: fc
          .tuple(fc.constantFrom(...ORPHAN_SORTS), fc.array(key, { maxLength: 3 }), fc.uuid())
          .map(([sort, keys, id]) => forge(sort, ...keys, id)),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ORPHAN_SORTS), cursor, async (sort, text) => {
        const { status } = await api.call<unknown>({ url: '/api/orphans', query: { sort, cursor: text, limit: '1' } });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 300 },
    );
  });
});
