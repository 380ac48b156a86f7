import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { type Program, settingsFor, startProgram } from '../support/process.ts';
import { createProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

/** The first three answer, so that the sweep goes to its full width; the next ones are in flight until they are told. */
async function leakWithHanging(count: number, hanging: number) {
  const leaked = await world.leakMany(count);
  const hung = leaked.slice(3, 3 + hanging);
  for (const row of hung) world.controlPlane.fail(row.instance_id ?? '', { kind: 'hang' });
  return { leaked, hung, untouched: leaked.slice(3 + hanging) };
}

const hangs = (count: number) =>
  until(() => world.controlPlane.stopsInFlight() === count, { what: `${count} Stops to hang`, timeoutMs: 30_000 });
const openRows = async () => (await world.platform.rows()).filter((row) => row.instance_id !== null);
const instanceIds = (rows: readonly { instance_id: string | null }[]) => rows.map((row) => row.instance_id).sort();

describe('a process that is killed in the middle of a sweep', () => {
  it('loses nothing: the next one sweeps the rest when the lease is over, and only what was cut says interrupted', async () => {
    const { leaked, hung, untouched } = await leakWithHanging(40, 10);
    // Within it nothing is tried twice, and no sweep begins but those that are meant here.
    const settings = { ...settingsFor(world), SWEEP_INTERVAL_SECONDS: '3600' };
    const first = await startProgram(settings);
    await hangs(10);
    await until(async () => (await world.attempts()).filter((one) => one.outcome === 'stopped').length === 3, {
      what: 'what was answered to be written down',
    });
    first.signal('SIGKILL');
    expect((await first.exited).signal).toBe('SIGKILL');
    world.controlPlane.heal();
    const [firstSweep] = await world.sweeps();

    const second = await startProgram(settings);
    await until(async () => (await openRows()).length === hung.length, {
      what: 'the rest to be swept',
      timeoutMs: 120_000,
    });
    const written = async () => (await world.attempts()).every((attempt) => attempt.outcome !== null);
    await until(written, { what: 'the last attempts to be written', timeoutMs: 60_000 });

    const attempts = await world.attempts();
    const ofFirst = attempts.filter((attempt) => attempt.sweep_id === firstSweep?.id);
    expect(instanceIds(ofFirst.filter((one) => one.outcome === 'stopped'))).toEqual(instanceIds(leaked.slice(0, 3)));
    expect(instanceIds(ofFirst.filter((one) => one.outcome === 'interrupted'))).toEqual(instanceIds(hung));
    expect(ofFirst).toHaveLength(13);
    const ofSecond = attempts.filter((one) => one.sweep_id !== firstSweep?.id);
    expect(instanceIds(ofSecond)).toEqual(instanceIds(untouched));
    // By the sweep that it tried at its start, as soon as the lease had run out, and not an interval later.
    const sweptBy = (await world.sweeps()).filter((sweep) => ofSecond.some((one) => one.sweep_id === sweep.id));
    expect(sweptBy[0]).toMatchObject({ trigger: 'boot' });
    expect((await world.sweeps()).find((sweep) => sweep.id === firstSweep?.id)).toMatchObject({
      result: 'interrupted',
      counts: { stopped: 3, interrupted: 10 },
    });

    // Those that were cut wait for their interval, or for a person.
    expect(instanceIds((await world.orphans()).filter((one) => one.resolved_at === null))).toEqual(instanceIds(hung));
    expect((await second.call('/api/sweeps', { method: 'POST' })).status).toBe(202);
    await until(async () => (await openRows()).length === 0, { what: 'those that were cut to be swept' });
    expect(world.controlPlane.instances().filter((one) => one.state !== 'terminated')).toEqual([]);
    expect(world.controlPlane.mostStopsAtOnceForOneInstance()).toBe(1);
  });
});

describe('SIGTERM', () => {
  it('in mid-sweep starts no further Stop, takes the answers of the next 5 s, and leaves no attempt open', async () => {
    const { leaked, hung, untouched } = await leakWithHanging(20, 9);
    const [late, ...never] = untouched;
    const gate = new AbortController();
    world.controlPlane.onStop(late?.instance_id ?? '', () =>
      until(() => gate.signal.aborted, { what: 'SIGTERM' }).then(),
    );
    const program = await startProgram(settingsFor(world));
    await hangs(10);
    const toldMs = performance.now();
    program.signal('SIGTERM');
    await until(() => program.output().includes('no Stop starts any more'), { what: 'it to hear the signal' });
    gate.abort();
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - toldMs).toBeLessThan(15_000);

    const attempts = await world.attempts();
    const withOutcome = (outcome: string) => instanceIds(attempts.filter((one) => one.outcome === outcome));
    expect(withOutcome('stopped')).toEqual(
      instanceIds(leaked.filter((row) => !hung.includes(row) && !never.includes(row))),
    );
    expect(withOutcome('interrupted')).toEqual(instanceIds(hung));
    expect(attempts).toHaveLength(4 + 9);
    expect(attempts.filter((one) => one.finished_at === null)).toEqual([]);
    expect(instanceIds(await openRows())).toEqual(instanceIds([...hung, ...never]));
    expect(await world.sweeps()).toMatchObject([
      { result: 'interrupted', counts: { stopped: 4, interrupted: 9 }, deferred: never.length },
    ]);
    expect(await leaseHolder()).toBeNull();
  });

  it('when idle ends with exit code 0, although a console is connected', async () => {
    const program = await startProgram(settingsFor(world));
    await program.ready();
    await until(async () => (await world.sweeps()).some((sweep) => sweep.result === 'nothing_to_do'), {
      what: 'the sweep at boot',
    });
    expect((await program.call('/api/status')).status).toBe(200);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(await leaseHolder()).toBeNull();
  });

  it('that comes twice within moments, as npm hands on a Ctrl-C that everybody has got, ends it as cleanly', async () => {
    const { hung } = await leakWithHanging(5, 2);
    const program = await startProgram(settingsFor(world));
    await hangs(2);
    for (let times = 1; times <= 3; times += 1) {
      program.signal('SIGINT');
      await until(() => program.output().includes('no Stop starts any more'), { what: 'it to hear the signal' });
    }
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const interrupted = (await world.attempts()).filter((one) => one.outcome === 'interrupted');
    expect(instanceIds(interrupted)).toEqual(instanceIds(hung));
    expect(await leaseHolder()).toBeNull();
  });

  it('that comes again later ends it at once', async () => {
    await leakWithHanging(5, 2);
    const program = await startProgram(settingsFor(world));
    await hangs(2);
    program.signal('SIGINT');
    await until(
      () => {
        if (program.output().includes('SIGINT again: not waiting any longer.')) return true;
        program.signal('SIGINT');
        return false;
      },
      { what: 'it to hear the second' },
    );
    expect(await program.exited).toEqual({ code: 1, signal: null });
  });

  it('while the home database is away ends with exit code 0 all the same', async () => {
    const { env, proxy } = await behindProxy();
    const program = await startProgram(env);
    await until(() => program.output().includes('The home database is not ready'), { what: 'it to try' });
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });

    await proxy.open();
    const other = await startProgram(env);
    await other.ready();
    await proxy.cut();
    await until(async () => (await other.call('/readyz')).status === 503, { what: 'it to notice' });
    other.signal('SIGTERM');
    expect(await other.exited).toEqual({ code: 0, signal: null });
  });
});

describe('the home database', () => {
  it('may be away at the start: it serves, says so without a single 0, and heals without a restart', async () => {
    const leaked = await world.leak();
    const { env, proxy } = await behindProxy();
    const program = await startProgram(env);
    await until(() => program.output().includes('The home database is not ready'), { what: 'the first try' });
    await expectAway(program);

    await proxy.open();
    await program.ready();
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the leaked row to be swept' });
    expect((await program.call<Status>('/api/status')).body.home).toEqual({
      state: 'answering',
      error: null,
      since: null,
    });
  });

  it('may go away while running: it says so, no answer is a 0, and sweeping goes on when it is back', async () => {
    const { env, proxy } = await behindProxy();
    await proxy.open();
    const program = await startProgram({ ...env, SWEEP_INTERVAL_SECONDS: '1' });
    await program.ready();
    await until(async () => (await world.sweeps()).length > 1, { what: 'the loop to run' });
    const beforeMs = Date.now();
    await proxy.cut();
    const leaked = await world.leak();
    await expectAway(program);
    const { since } = (await program.call<Status>('/api/status')).body.home;
    expect(Date.parse(since ?? '')).toBeGreaterThanOrEqual(beforeMs);

    await proxy.open();
    await program.ready();
    await until(async () => (await world.row(leaked.id))?.instance_id === null, { what: 'the leaked row to be swept' });
    expect((await program.call<Status>('/api/status')).body.counts?.open).toBe(0);
  });
});

async function expectAway(program: Program): Promise<void> {
  expect((await program.call('/healthz')).status).toBe(200);
  const problem = { code: 'home_database_unavailable' };
  for (const path of ['/readyz', '/api/orphans', '/api/sweeps']) {
    expect(await program.call(path)).toMatchObject({ status: 503, body: problem });
  }
  expect(await program.call('/api/sweeps', { method: 'POST' })).toMatchObject({ status: 503, body: problem });
  const status = await program.call<Status>('/api/status');
  expect(status).toMatchObject({
    status: 200,
    body: {
      home: { state: 'failing', error: expect.stringContaining('ECONNREFUSED'), since: expect.any(String) },
      platform: { state: 'unknown' },
      counts: null,
      oldest: null,
      newInTenMinutes: null,
      causes: null,
      observedAt: null,
      lease: null,
      sweeper: { lastSweep: null, currentSweepId: null, nextSweepAt: null },
    },
  });
}

/** The home database on a port where nobody listens yet; the platform's is there all the time. */
async function behindProxy() {
  const url = new URL(world.home.url);
  const proxy = await createProxy({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  return { proxy, env: { ...settingsFor(world), DATABASE_URL: url.href } };
}

async function leaseHolder(): Promise<string | null> {
  const { rows } = await world.home.query<{ lease_holder: string | null }>('select lease_holder from sweeper.tenants');
  return rows[0]?.lease_holder ?? null;
}
