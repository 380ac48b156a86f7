import { beforeAll, describe, expect, it } from 'vitest';
import { sweepOnly } from '../support/pasts.ts';
import { type PlatformOfRole, type PlatformWrite, platformOfRole, recordWrites } from '../support/platform-role.ts';
import { at } from '../support/points.ts';
import { CASES } from '../support/race-verdicts.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { createWorld, type World } from '../support/world.ts';

describe('promise 2: nothing live is touched: a row that changes while it is being swept', () => {
  let world: World;
  let ours: PlatformOfRole;
  let writesOf: Awaited<ReturnType<typeof recordWrites>>;
  beforeAll(async () => {
    world = await createWorld();
    ours = await platformOfRole(world);
    writesOf = await recordWrites(world);
    return async () => {
      await ours.close();
      await world.close();
    };
  });

  const rows = CASES.map(({ change, point, verdict }) => [change, point, verdict.outcome, verdict] as const);
  it.each(rows)('%s %s: %s', async (change, point, _, verdict) => {
    const { id, instance_id } = await world.leak();
    const instanceId = instance_id ?? '';
    let happened = 0;
    let afterwards: unknown;
    const happen = async (): Promise<void> => {
      happened += 1;
      await CHANGES[change](world, id);
      afterwards = await world.row(id);
    };
    await sweepOnly(world, id, at(point, { world, platform: ours.platform, instanceId }, happen));
    expect(happened).toBe(1);

    const attempts = (await world.attempts()).filter((attempt) => attempt.workspace_id === id);
    expect(attempts).toMatchObject([
      { instance_id: instanceId, outcome: verdict.outcome, finished_at: expect.any(Date) },
    ]);
    const orphan = await world.orphanOf(id, instanceId);
    expect(orphan).toMatchObject({ ...verdict.orphan, attempt_id: null, claimed_by: null });
    // One whose row is gone is stopped by the id that was kept: no person is needed.
    const needsPerson = verdict.orphan.resolution === null && verdict.orphan.why !== 'row_gone';
    expect(orphan.stuck_at !== null).toBe(needsPerson);

    const calls = world.controlPlane.calls.filter((call) => call.route === 'stop' && call.instanceId === instanceId);
    expect(calls.map((call) => call.requestId)).toEqual(verdict.called ? attempts.map((attempt) => attempt.id) : []);
    expect(world.controlPlane.instance(instanceId)?.state).toBe(verdict.called ? 'terminated' : 'running');
    const other = world.controlPlane
      .instances()
      .filter((one) => one.workspaceId === id && one.instanceId !== instanceId);
    expect(other.map((one) => one.state)).toEqual(change.startsWith('reprovisioned') ? ['running'] : []);

    const writes = (await writesOf(ours.role)).filter((write) => write.workspace_id === id);
    expect(writes).toEqual(verdict.wrote ? [clearOf(id, instanceId)] : []);
    // What happened last is what stands there: the clear is never the later one except where it is said to be.
    if (!verdict.wrote || point === 'after the clear') expect(await world.row(id)).toEqual(afterwards);
    else expect((await world.row(id))?.instance_id).toBeNull();
  });

  const clearOf = (id: string, instanceId: string): PlatformWrite => ({
    workspace_id: id,
    operation: 'UPDATE',
    old_status: 'removed',
    old_instance: instanceId,
    new_status: 'removed',
    new_instance: null,
  });

  it('has been tried with every change at every point', () => {
    expect(CASES).toHaveLength(56);
  });

  it('in all of that no live row was written, and no id was cleared that no attempt knows', async () => {
    const writes = await writesOf(ours.role);
    const cleared = CASES.filter(({ verdict }) => verdict.wrote).length;
    expect(writes).toHaveLength(cleared);
    const known = new Set((await world.attempts()).map((attempt) => `${attempt.workspace_id} ${attempt.instance_id}`));
    for (const write of writes) {
      expect(write).toMatchObject({ operation: 'UPDATE', old_status: 'removed', new_status: 'removed' });
      expect(known.has(`${write.workspace_id} ${write.old_instance}`)).toBe(true);
    }
  });
});
