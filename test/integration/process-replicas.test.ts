import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { createTestDatabase } from '../support/database.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

describe('several processes on one home database', () => {
  it('never send two Stops for one orphan, however eager they are', async () => {
    const leaked = await world.leakMany(60);
    // Long enough that a second Stop would overlap the first, and that a sweep is still running at the next tick.
    world.controlPlane.failAll({ kind: 'delay', ms: 150, on: 'stop' });
    const eager = { ...settingsFor(world), SWEEP_INTERVAL_SECONDS: '1', SWEEP_LIMIT: '20' };
    const programs = await Promise.all([startProgram(eager), startProgram(eager)]);
    await Promise.all(programs.map((program) => program.ready()));
    const allCleared = async () => {
      // Each gets its own sweeps asked for by hand, too.
      await Promise.all(
        programs.map((program, i) =>
          program.call('/api/sweeps', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ workspaceIds: leaked.filter((_, n) => n % 2 === i).map((row) => row.id) }),
          }),
        ),
      );
      return (await world.platform.rows()).every((row) => row.instance_id === null);
    };
    await until(allCleared, { what: 'all orphans to be cleared', timeoutMs: 40_000 });

    expect(world.controlPlane.mostStopsAtOnceForOneInstance()).toBe(1);
    const stops = world.controlPlane.calls.filter((call) => call.route === 'stop').map((call) => call.instanceId);
    expect(stops.sort()).toEqual(leaked.map((row) => row.instance_id).sort());
    await until(async () => (await world.attempts()).every((attempt) => attempt.outcome === 'stopped'), {
      what: 'the last attempts to be written',
    });
    expect(await world.attempts()).toHaveLength(60);
    const replicas = programs.map(async (program) => (await program.call<Status>('/api/status')).body.replica);
    expect(new Set(await Promise.all(replicas)).size).toBe(2);
    // One sweep at a time: a lease that was taken from its holder would have left that one's sweep interrupted.
    expect((await world.sweeps()).filter((sweep) => sweep.result === 'interrupted')).toEqual([]);
  });

  it('may start at once on an empty one: none fails, and the schema is made once', async () => {
    const empty = await createTestDatabase();
    const leaked = await world.leak();
    const programs = await Promise.all(
      [1, 2, 3].map(() => startProgram({ ...settingsFor(world), DATABASE_URL: empty.url })),
    );
    await Promise.all(programs.map((program) => program.ready()));
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the orphan to be cleared' });

    const { rows } = await empty.query<{ name: string }>('select name from sweeper.migrations');
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    expect(programs.filter((program) => program.output().includes('The home database was migrated'))).toHaveLength(1);
    expect(programs.filter((program) => program.output().includes('not ready'))).toEqual([]);
    expect(world.controlPlane.calls.filter((call) => call.route === 'stop')).toHaveLength(1);
    for (const program of programs) program.signal('SIGTERM');
    for (const program of programs) expect(await program.exited).toEqual({ code: 0, signal: null });
    await empty.drop();
  });
});
