import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hold } from '../../server/sweep/hold.ts';
import { releaseBrake } from '../../server/sweep/release.ts';
import { ANNA } from '../support/acting.ts';
import { type ContainerWorld, createContainerWorld } from '../support/containers.ts';
import { LABELLED } from '../support/simulated-engine.ts';

const GRACE_MS = 600_000;
const ON = { settings: { unknownGraceMs: GRACE_MS } };
const ID = '0badcafe-0000-4000-8000-000000000001';

let all: ContainerWorld;
beforeAll(async () => {
  all = await createContainerWorld();
  return () => all.close();
});
beforeEach(() => all.startAfresh());

const brake = async () =>
  (await all.world.home.query('select brake_at is not null as latched, brake_orphans from sweeper.tenants')).rows[0];
const runUnknown = () => all.engine.run({ name: `ws-${ID}`, ...LABELLED });
const isThere = (container: string): boolean => all.engine.containers.has(container);

describe('a labelled container without a row', () => {
  it('is reported, and never stopped unless that is asked for', async () => {
    const container = runUnknown();
    await all.world.observe();
    await all.world.timePasses(10 * GRACE_MS);
    await all.world.sweep({ trigger: 'manual' });
    expect(await all.world.orphan(ID)).toMatchObject({ why: 'no_row', resolved_at: null, attempts: 0 });
    expect(isThere(container)).toBe(true);
  });

  it('is stopped once two looks the grace apart have missed its row, and not a moment before', async () => {
    const container = runUnknown();
    await all.world.sweep(ON);
    await all.world.timePasses(GRACE_MS - 60_000);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    await all.world.timePasses(60_000);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(false);
    expect(await all.world.orphan(ID)).toMatchObject({ resolution: 'stopped' });
  });

  it('is not stopped by a replica of another mind, though the time is over', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS);
    await all.world.observe(ON);
    await all.world.sweep({ trigger: 'manual' });
    expect(isThere(container)).toBe(true);
  });

  it('begins its time anew when there was a row in between', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS / 2);
    await all.addRow('online', ID);
    await all.world.observe(ON);
    expect(await all.world.orphan(ID)).toMatchObject({ resolution: 'restored' });
    await all.deleteRow(ID);
    await all.world.observe(ON);
    expect(await all.world.orphan(ID)).toMatchObject({ why: 'no_row', resolved_at: null });
    await all.world.timePasses(GRACE_MS - 60_000);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    await all.world.timePasses(60_000);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(false);
  });

  it('is the orphan of its row when that comes, removed', async () => {
    const container = runUnknown();
    await all.world.observe();
    await all.addRow('removed', ID);
    await all.world.sweep();
    expect(isThere(container)).toBe(false);
    expect(await all.world.orphans()).toMatchObject([{ workspace_id: ID, why: 'removed', resolution: 'stopped' }]);
  });

  it('known by twelve characters goes on under the whole id when its row comes', async () => {
    const container = all.engine.run({ name: `ws-${ID.slice(0, 12)}`, ...LABELLED });
    await all.world.observe();
    await all.addRow('removed', ID);
    await all.world.sweep();
    expect(isThere(container)).toBe(false);
    expect(await all.world.orphan(ID)).toMatchObject({ why: 'removed', resolution: 'stopped' });
    expect(await all.world.orphan(ID.slice(0, 12))).toMatchObject({ resolution: 'external' });
  });

  it('known by twelve characters and held is held under the whole id, too', async () => {
    const container = all.engine.run({ name: `ws-${ID.slice(0, 12)}`, ...LABELLED });
    await all.world.observe();
    const until = new Date(Date.now() + 3_600_000);
    expect(await hold(all.world.homeDatabase, 'default', ANNA, ID.slice(0, 12), until)).toBe('held');
    await all.addRow('removed', ID);
    await all.world.sweep({ trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    expect(await all.world.orphan(ID)).toMatchObject({ why: 'removed', resolved_at: null });
  });

  it('whose row comes between look and Stop is left alone', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS);
    all.engine.before(/"id":/, () => all.addRow('online', ID).then(() => undefined));
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    expect(await all.world.orphan(ID)).toMatchObject({ resolution: 'restored' });
  });

  it('that is held stays where it is', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS);
    await all.world.home.query(`update sweeper.orphans set held_at = now(), hold_until = now() + interval '1 hour'`);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect(isThere(container)).toBe(true);
  });

  it('without the label is nobody we know, however long', async () => {
    const container = all.engine.run({ name: `ws-${ID}` });
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS);
    await all.world.sweep({ ...ON, trigger: 'manual' });
    expect([await all.world.orphans(), isThere(container)]).toEqual([[], true]);
  });

  it('is dry under a dry run', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await all.world.timePasses(GRACE_MS);
    const swept = await all.world.sweep({ ...ON, trigger: 'manual', dryRun: true });
    expect(swept?.end.counts).toEqual({ would_stop: 1 });
    expect(isThere(container)).toBe(true);
  });
});

describe('a table that holds no row at all', () => {
  beforeEach(() => all.world.platformDatabase.query('delete from workspaces').then(() => undefined));

  it('stops nothing, whatever is set, and is reported', async () => {
    const container = runUnknown();
    await all.world.observe();
    await all.world.timePasses(GRACE_MS);
    const swept = await all.world.sweep({ trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    expect(await all.world.orphan(ID)).toMatchObject({ why: 'no_row', resolved_at: null });
    expect(swept?.end.result).toBe('nothing_to_do');
    expect(await brake()).toEqual({ latched: false, brake_orphans: null });
  });

  it('latches the brake where containers without a row would be stopped, be it for one', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    expect(await brake()).toEqual({ latched: true, brake_orphans: 1 });
    const { rows } = await all.world.home.query(`select reason from sweeper.audit where action = 'brake_latched'`);
    expect(rows).toEqual([{ reason: "the platform's table holds no row, and containers without one are there: 1" }]);
    await all.world.timePasses(GRACE_MS);
    await all.world.sweep(ON);
    expect(isThere(container)).toBe(true);
  });

  it('stops nothing after a release of the brake either, while it is empty, and latches for the next one', async () => {
    const container = runUnknown();
    await all.world.observe(ON);
    await releaseBrake(all.world.homeDatabase, 'default', ANNA, 1);
    await all.world.observe(ON);
    expect(await brake()).toMatchObject({ latched: false });
    await all.world.timePasses(GRACE_MS);
    const swept = await all.world.sweep({ ...ON, trigger: 'boot' });
    expect(swept?.end).toMatchObject({ result: 'skipped', error: expect.stringContaining('holds no row at all') });
    expect(isThere(container)).toBe(true);
    all.engine.run({ name: 'ws-0badcafe-fff', ...LABELLED });
    await all.world.observe(ON);
    expect(await brake()).toMatchObject({ latched: true });
  });

  it('does not latch it where nothing is there', async () => {
    await all.world.observe(ON);
    expect(await brake()).toMatchObject({ latched: false });
  });

  it('concludes nothing of removed workspaces that are known', async () => {
    const { id, container } = await all.leak();
    await all.world.observe();
    await all.deleteRow(id);
    await all.world.sweep({ trigger: 'manual' });
    expect(isThere(container)).toBe(true);
    expect(await all.world.orphan(id)).toMatchObject({ resolved_at: null });
  });
});
