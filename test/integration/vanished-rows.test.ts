import { beforeAll, describe, expect, it } from 'vitest';
import { PASTS, type Past, sweepOnly } from '../support/pasts.ts';
import { CHANGE_NAMES, CHANGES, type Change } from '../support/workspace-changes.ts';
import { createWorld, type OrphanRow, type World } from '../support/world.ts';

/** What is to become of the orphan: its row in our inventory. */
type Verdict = Pick<OrphanRow, 'resolution' | 'second_look' | 'why'>;

const EXTERNAL: Verdict = { resolution: 'external', second_look: null, why: 'removed' };
const UNCONFIRMED: Verdict = { resolution: 'stopped', second_look: 'unconfirmed', why: 'removed' };
const RESTORED: Verdict = { resolution: 'restored', second_look: null, why: 'removed' };
const STOPPED_LIVE: Verdict = { resolution: null, second_look: null, why: 'removed' };
const REPLACED: Verdict = { resolution: null, second_look: null, why: 'replaced' };
const ROW_GONE: Verdict = { resolution: null, second_look: null, why: 'row_gone' };

const TABLE: readonly (readonly [past: Past, change: Change, verdict: Verdict, lastOutcome: string | null])[] = [
  ['never tried', 'cleared', EXTERNAL, null],
  ['never tried', 'emptied', EXTERNAL, null],
  ['failed', 'cleared', EXTERNAL, 'failed'],
  ['interrupted', 'cleared', UNCONFIRMED, 'interrupted'],
  ['clear_failed', 'cleared', UNCONFIRMED, 'clear_failed'],
  ['never tried', 'restored', RESTORED, null],
  ['failed', 'restored', RESTORED, 'failed'],
  ['interrupted', 'restored', STOPPED_LIVE, 'stopped_live'],
  // A Stop of it was accepted: what lives again is a workspace without an instance.
  ['clear_failed', 'restored', STOPPED_LIVE, 'stopped_live'],
  ['clear_failed, then failed', 'restored', STOPPED_LIVE, 'stopped_live'],
  // Nor does what was tried afterwards say that a Stop which was cut off did not arrive.
  ['interrupted, then failed', 'restored', STOPPED_LIVE, 'stopped_live'],
  ['interrupted, then shared', 'restored', STOPPED_LIVE, 'stopped_live'],
  ['never tried', 'reprovisioned', REPLACED, null],
  ['interrupted', 'reprovisioned', REPLACED, 'interrupted'],
  ['never tried', 'reprovisioned and removed', REPLACED, null],
  ['never tried', 'restored without an id', REPLACED, null],
  ['interrupted', 'restored without an id', REPLACED, 'interrupted'],
  ['never tried', 'deleted', ROW_GONE, null],
  ['failed', 'deleted', ROW_GONE, 'failed'],
  ['interrupted', 'deleted', ROW_GONE, 'interrupted'],
  ['failed', 're-removed', { ...ROW_GONE, why: 'removed' }, 'failed'],
];

describe('an orphan whose row is no longer listed', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    return () => world.close();
  });

  const stops = (instanceId: string) =>
    world.controlPlane.calls.filter((call) => call.route === 'stop' && call.instanceId === instanceId).length;

  async function come(past: Past, change: Change) {
    const row = await world.leak();
    const { id } = row;
    const instanceId = row.instance_id ?? '';
    await PASTS[past](world, row);
    const before = await world.orphan(id);
    await CHANGES[change](world, id);
    await world.observe();
    return { id, instanceId, before, orphan: await world.orphanOf(id, instanceId), stopsBefore: stops(instanceId) };
  }

  it.each(TABLE)('%s, then %s', async (past, change, verdict, lastOutcome) => {
    const { before, orphan } = await come(past, change);
    expect(before.resolved_at).toBeNull();
    expect(orphan).toMatchObject({ ...verdict, last_outcome: lastOutcome, id: before.id, failures: before.failures });
    expect(orphan.resolved_at === null).toBe(verdict.resolution === null);
  });

  it('has been tried with every row of the table', () => {
    expect(TABLE).toHaveLength(21);
    expect(new Set(TABLE.map(([, change]) => change))).toEqual(new Set(CHANGE_NAMES));
    expect(new Set(TABLE.map(([past]) => past))).toEqual(new Set(Object.keys(PASTS)));
  });

  it.each(TABLE.filter(([, , verdict]) => verdict === REPLACED || verdict === STOPPED_LIVE))(
    '%s, then %s: kept, needs a person, and never stopped by us',
    async (past, change) => {
      const { id, instanceId, stopsBefore } = await come(past, change);
      await sweepOnly(world, id);
      await world.timePasses(24 * 3_600_000);
      await sweepOnly(world, id);
      const orphan = await world.orphanOf(id, instanceId);
      expect(orphan.resolved_at).toBeNull();
      expect(orphan.stuck_at?.getTime()).toBeLessThan(Date.now());
      expect(stops(instanceId)).toBe(stopsBefore);
    },
  );

  it('a row that is not removed is live, whatever it says: NULL restores it', async () => {
    await world.platformDatabase.query('alter table workspaces alter status drop not null');
    const { id } = await world.leak();
    await world.observe();
    await world.platformDatabase.query('update workspaces set status = null where id = $1', [id]);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject(RESTORED);
  });

  it('replaced by an instance that leaks as well: that one is an orphan of its own, and is stopped', async () => {
    const { id, instanceId } = await come('never tried', 'reprovisioned and removed');
    const other = (await world.row(id))?.instance_id ?? '';
    expect(await world.orphanOf(id, other)).toMatchObject({ why: 'removed', resolved_at: null });
    await sweepOnly(world, id);
    expect(await world.orphanOf(id, other)).toMatchObject({ resolution: 'stopped' });
    expect(world.controlPlane.instance(instanceId)?.state).toBe('running');
  });

  it('replaced stays replaced when its row later loses the other id', async () => {
    const { id, instanceId, orphan } = await come('never tried', 'reprovisioned and removed');
    await sweepOnly(world, id);
    expect((await world.row(id))?.instance_id).toBeNull();
    await world.observe();
    expect(await world.orphanOf(id, instanceId)).toMatchObject({
      ...REPLACED,
      id: orphan.id,
      stuck_at: orphan.stuck_at,
    });
  });

  it('replaced, then its row is gone as well: still replaced, and never stopped by us', async () => {
    const { id, instanceId } = await come('never tried', 'reprovisioned');
    await CHANGES.deleted(world, id);
    await sweepOnly(world, id);
    expect(await world.orphanOf(id, instanceId)).toMatchObject(REPLACED);
    expect(stops(instanceId)).toBe(0);
  });

  it.each(TABLE.filter(([, , verdict]) => verdict === ROW_GONE))(
    '%s, then %s: no person is needed; it is stopped by the id that was kept, while others have rows',
    async (past, change) => {
      await world.leak();
      const { id, instanceId, orphan, stopsBefore } = await come(past, change);
      expect((orphan.stuck_at?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now()).toBe(true);
      await sweepOnly(world, id);
      expect(await world.orphanOf(id, instanceId)).toMatchObject({ resolution: 'stopped', why: 'row_gone' });
      expect(stops(instanceId)).toBe(stopsBefore + 1);
    },
  );

  it('whose row is gone, but whose instance a live workspace names, is left alone, and needs a person', async () => {
    const { id, instanceId } = await come('never tried', 'deleted');
    const live = await world.platform.create('dev-7');
    await world.platformDatabase.query('update workspaces set instance_id = $2 where id = $1', [live.id, instanceId]);
    await sweepOnly(world, id);
    const orphan = await world.orphanOf(id, instanceId);
    expect(orphan).toMatchObject({ ...ROW_GONE, last_outcome: 'shared' });
    expect(orphan.stuck_at?.getTime()).toBeLessThan(Date.now());
    expect(stops(instanceId)).toBe(0);
  });

  it.each(['interrupted', 'clear_failed'] as const)(
    'stopped while it came back to life (%s) stays so until a person has heard it, whatever its row does',
    async (past) => {
      for (const next of ['cleared', 'deleted', 'reprovisioned', 'restored'] as const) {
        const { id, instanceId, orphan } = await come(past, 'restored');
        expect(orphan.last_outcome).toBe('stopped_live');
        await CHANGES[next](world, id);
        await world.observe();
        expect(await world.orphanOf(id, instanceId)).toEqual(orphan);
      }
    },
  );

  it.each(['deleted', 'reprovisioned'] as const)(
    '%s, but its row came back: removed again, and stopped',
    async (change) => {
      const { id, instanceId } = await come('failed', change);
      await world.platformDatabase.query('delete from workspaces where id = $1', [id]);
      await world.platformDatabase.query(
        `insert into workspaces (id, name, status, instance_id) values ($1, 'back', 'removed', $2)`,
        [id, instanceId],
      );
      await world.observe();
      expect(await world.orphan(id)).toMatchObject({ why: 'removed', stuck_at: null, failures: 1, resolved_at: null });
      await sweepOnly(world, id);
      expect(await world.orphan(id)).toMatchObject({ resolution: 'stopped' });
    },
  );
});
