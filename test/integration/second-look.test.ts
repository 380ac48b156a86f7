import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, StateAnswer } from '../../server/backends/backend.ts';
import type { Fault } from '../../server/demo/faults.ts';
import type { Sight } from '../../server/sweep/decide.ts';
import { createSweepStore } from '../../server/sweep/store.ts';
import { latchBrake } from '../support/acting.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { asked, LOOK_MS, looked, lookInMs, type Stopped, stopMany, stopOne } from '../support/looking.ts';
import { calls, startAfresh, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(() => startAfresh(world));

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const status = (fault: Fault): Fault => ({ ...fault, on: 'status' });
const word = (state: string): Fault => status({ kind: 'status', status: 200, body: JSON.stringify({ state }) });
const answers = (code: number): Fault => status({ kind: 'status', status: code });

/** From now on its status is answered so, whatever it is. */
function say(stopped: Stopped, fault: Fault): void {
  world.controlPlane.heal(stopped.instance_id);
  world.controlPlane.fail(stopped.instance_id, fault);
}

const stopping = word('stopping');

/** The control plane, but for one look. */
function withLook(look: (nth: number, instanceId: string) => Promise<StateAnswer | null>): Backend {
  let nth = 0;
  return {
    ...world.backend,
    async look(target, request) {
      nth += 1;
      return (await look(nth, target.instanceId)) ?? world.backend.look(target, request);
    },
  };
}

describe('an accepted Stop', () => {
  it.each([300_000, 42_000])('is followed by a look, due so long after it: %i ms', async (secondLookMs) => {
    const [stopped] = await stopMany(world, 1, { settings: { secondLookMs } });
    const row = await looked(world, stopped?.orphanId ?? '');
    expect(row).toMatchObject({ resolution: 'stopped', second_look: 'due', second_looks: 0 });
    expect(Number(row.second_look_due_at) - Number(row.stopped_at)).toBe(secondLookMs);
    expect(row.stopped_at).toEqual(row.resolved_at);
  });

  it('is not looked at before that, and once after it', async () => {
    const { orphanId, instance_id } = await stopOne(world);
    await world.timePasses(LOOK_MS / 2);
    expect(await sweepOnce(world)).toMatchObject({ looks: 0 });
    expect(asked(world)).toEqual([]);
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'due' });
    await world.timePasses(LOOK_MS / 2);
    expect(await sweepOnce(world)).toMatchObject({ result: 'nothing_to_do', counts: {}, looks: 1, error: null });
    expect(asked(world)).toEqual([instance_id]);
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'confirmed', second_look_due_at: null });
    await world.timePasses(HOUR);
    await sweepOnce(world);
    expect(asked(world)).toHaveLength(1);
  });

  it('with SECOND_LOOK_SECONDS=0 is not looked at, nor is what was stopped before that was set', async () => {
    const none = { settings: { secondLookMs: 0 } };
    const [stopped] = await stopMany(world, 1, none);
    const before = await stopOne(world);
    expect(await looked(world, stopped?.orphanId ?? '')).toMatchObject({
      resolution: 'stopped',
      second_look: null,
      second_look_due_at: null,
    });
    await world.timePasses(LOOK_MS);
    expect(await sweepOnce(world, none)).toMatchObject({ looks: 0 });
    expect(asked(world)).toEqual([]);
    await sweepOnce(world);
    expect(asked(world)).toEqual([before.instance_id]);
  });

  it('that was none (already gone) is not looked at', async () => {
    const row = await world.leak();
    world.controlPlane.fail(row.instance_id ?? '', { kind: 'status', status: 410 });
    await sweepOnce(world);
    expect(await world.orphan(row.id)).toMatchObject({ resolution: 'already_gone', second_look: null });
  });
});

const CONFIRMED = ['terminated', 'not_found'].map((state) => [`the state ${state}`, word(state)] as const);
const AGAIN = [
  ...['pending', 'stopping', 'stopped'].map((state) => [`the state ${state}`, word(state)] as const),
  ...[401, 403, 408, 409, 429, 500, 502, 503, 504].map((code) => [String(code), answers(code)] as const),
  ['503 with a Retry-After', status({ kind: 'status', status: 503, headers: { 'retry-after': '7' } })],
  ['a connection that breaks', status({ kind: 'reset' })],
  ['half an answer', status({ kind: 'half' })],
  ['nothing in time', status({ kind: 'hang' })],
] as const;
const UNCONFIRMED = [
  ...[400, 404, 405, 410, 422].map((code) => [String(code), answers(code)] as const),
  ...['vaporised', 'Terminated', 'terminated ', ''].map((state) => [JSON.stringify(state), word(state)] as const),
  ['a login page', status({ kind: 'html' })],
  ['a redirect', status({ kind: 'redirect', location: '/login' })],
  ['no state', status({ kind: 'status', status: 200, body: '{"status":"terminated"}' })],
] as const;

describe('a look that is answered with', () => {
  async function come(fault: Fault) {
    const stopped = await stopOne(world);
    say(stopped, fault);
    await world.timePasses(LOOK_MS);
    // A hang is over when its time is up: nothing else here is waited for.
    const stopTimeoutMs = fault.kind === 'hang' ? 50 : 10_000;
    const before = await looked(world, stopped.orphanId);
    const end = await sweepOnce(world, { settings: { stopTimeoutMs } });
    expect(end).toMatchObject({ result: 'nothing_to_do', counts: {}, looks: 1, error: null });
    return { ...stopped, before, after: await looked(world, stopped.orphanId) };
  }

  it.each(CONFIRMED)('%s confirms it', async (_, fault) => {
    const { before, after } = await come(fault);
    expect(after).toEqual({ ...before, second_look: 'confirmed', second_look_due_at: null });
  });

  it.each(AGAIN)('%s tells nothing: it is looked at again later', async (_, fault) => {
    const { orphanId, before, after } = await come(fault);
    expect(after).toEqual({ ...before, second_looks: 1, second_look_due_at: expect.any(Date) });
    expect(await lookInMs(world, orphanId)).toBeGreaterThan(LOOK_MS);
  });

  it.each(UNCONFIRMED)('%s leaves it unconfirmed', async (_, fault) => {
    const { before, after } = await come(fault);
    expect(after).toEqual({ ...before, second_look: 'unconfirmed', second_look_due_at: null });
  });

  it('running: it has reappeared', async () => {
    const { id, before, after } = await come(word('running'));
    expect(after).toMatchObject({
      second_look: 'reappeared',
      second_look_due_at: null,
      why: 'reappeared',
      resolved_at: null,
      resolution: null,
      failures: before.failures + 1,
      attempts: before.attempts,
      first_seen_at: before.first_seen_at,
      orphaned_at: before.orphaned_at,
    });
    expect(after.stuck_at?.getTime()).toBeLessThanOrEqual(Date.now());
    expect(await world.orphans()).toHaveLength(1);
    expect((await world.row(id))?.instance_id).toBeNull();
  });

  it('an error of the backend itself leaves it unconfirmed', async () => {
    const { orphanId } = await stopOne(world);
    await world.timePasses(LOOK_MS);
    await sweepOnce(world, { backend: withLook(() => Promise.reject(new Error('out of luck'))) });
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'unconfirmed' });
  });

  it('nothing, for the control plane has no status route: unconfirmed', async () => {
    const { orphanId } = await stopOne(world);
    world.controlPlane.setStatusRoute(false);
    await world.timePasses(LOOK_MS);
    await sweepOnce(world);
    world.controlPlane.setStatusRoute(true);
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'unconfirmed', resolution: 'stopped' });
  });
});

describe('looks that tell nothing', () => {
  it('come twice as late each time, up to an hour; after 24 hours it is left unconfirmed', async () => {
    const stopped = await stopOne(world);
    say(stopped, stopping);
    await world.timePasses(LOOK_MS);
    let passedMs = LOOK_MS;
    for (const minutes of [10, 20, 40, 60, 60]) {
      expect(await sweepOnce(world)).toMatchObject({ looks: 1 });
      const inMs = (await lookInMs(world, stopped.orphanId)) ?? 0;
      expect(inMs).toBeLessThanOrEqual(minutes * MINUTE);
      expect(inMs).toBeGreaterThan((minutes - 1) * MINUTE);
      await world.timePasses(minutes * MINUTE);
      passedMs += minutes * MINUTE;
    }
    await world.timePasses(23.5 * HOUR - passedMs);
    await sweepOnce(world);
    expect(await looked(world, stopped.orphanId)).toMatchObject({ second_look: 'due', second_looks: 6 });
    await world.timePasses(HOUR);
    await sweepOnce(world);
    expect(await looked(world, stopped.orphanId)).toMatchObject({
      second_look: 'unconfirmed',
      second_look_due_at: null,
      resolution: 'stopped',
    });
  });

  it('can still find it running, or gone, after a day: the first that can be asked again', async () => {
    const [gone, running] = [await stopOne(world), await stopOne(world)];
    say(running, word('running'));
    await world.timePasses(25 * HOUR);
    await sweepOnce(world);
    expect(await looked(world, gone.orphanId)).toMatchObject({ second_look: 'confirmed' });
    expect(await looked(world, running.orphanId)).toMatchObject({ second_look: 'reappeared', resolved_at: null });
  });
});

describe('in one sweep', () => {
  it.each([
    [100, 10],
    [25, 2],
    [19, 1],
    [1, 1],
  ])('with SWEEP_LIMIT=%i at most %i are looked at, those that are due longest first', async (limit, most) => {
    const stopped = await stopMany(world, 12);
    await world.timePasses(LOOK_MS);
    for (const [n, { orphanId }] of stopped.entries()) {
      await world.home.query(
        `update sweeper.orphans set second_look_due_at = now() - make_interval(secs => $2) where id = $1`,
        [orphanId, n + 1],
      );
    }
    const settings = { limit, concurrency: 1 };
    expect(await sweepOnce(world, { settings })).toMatchObject({ looks: most });
    const expected = stopped.map((one) => one.instance_id).reverse();
    expect(asked(world)).toEqual(expected.slice(0, most));
    expect((await world.home.query('select looks from sweeper.sweeps order by requested_at')).rows).toEqual([
      { looks: 0 },
      { looks: most },
    ]);
    await sweepOnce(world, { settings });
    expect(asked(world)).toEqual(expected.slice(0, 2 * most));
  });

  it('looks come after all Stops', async () => {
    await stopMany(world, 3);
    await world.timePasses(LOOK_MS);
    await world.leakMany(5);
    const before = calls(world).length;
    await sweepOnce(world);
    const routes = calls(world)
      .slice(before)
      .map((call) => call.route);
    expect(routes).toEqual([...Array(5).fill('stop'), ...Array(3).fill('status')]);
  });

  it('no look follows one that was not answered, or was told to wait; it comes with the next', async () => {
    const [first, second] = await stopMany(world, 2);
    await world.timePasses(LOOK_MS);
    await world.home.query(
      `update sweeper.orphans set second_look_due_at = second_look_due_at - interval '1 second' where id = $1`,
      [first?.orphanId],
    );
    world.controlPlane.fail(first?.instance_id ?? '', answers(503));
    const settings = { concurrency: 1 };
    expect(await sweepOnce(world, { settings })).toMatchObject({ looks: 1 });
    expect(asked(world)).toEqual([first?.instance_id]);
    expect(await sweepOnce(world, { settings })).toMatchObject({ looks: 1 });
    expect(asked(world)).toEqual([first?.instance_id, second?.instance_id]);
  });

  it('no look starts later than a Stop might', async () => {
    await stopMany(world, 2);
    await world.timePasses(LOOK_MS);
    const clock = createJumpingClock();
    const backend = withLook(async () => {
      clock.jump(21_000);
      return null;
    });
    expect(await sweepOnce(world, { clock, backend, settings: { concurrency: 1 } })).toMatchObject({ looks: 1 });
  });

  it('no look starts once the process is told to stop', async () => {
    await stopMany(world, 2);
    await world.timePasses(LOOK_MS);
    const told = new AbortController();
    const backend = withLook(async () => {
      told.abort();
      return { kind: 'state', state: 'terminated' };
    });
    const options = { told: told.signal, backend, settings: { concurrency: 1 } };
    expect(await sweepOnce(world, options)).toMatchObject({ looks: 1 });
    expect((await world.orphans()).map((row) => row.second_look).sort()).toEqual(['confirmed', 'due']);
  });
});

interface Quiet {
  readonly name: string;
  readonly begins: () => Promise<unknown>;
  readonly ends: () => Promise<unknown>;
  readonly options?: SweepOptions;
}

const tenant = (set: string) => world.home.query(`update sweeper.tenants set ${set}`);
const failing = (fault: Fault) => async () => {
  await world.leakMany(3);
  world.controlPlane.failAll({ ...fault, on: 'stop' });
};
const recovers = async () => {
  world.controlPlane.heal();
  await world.timePasses(10 * MINUTE);
};

const QUIET: readonly Quiet[] = [
  {
    name: 'that ends with an open breaker',
    begins: failing({ kind: 'status', status: 503 }),
    ends: recovers,
  },
  {
    name: 'that finds the breaker open, and its probe failing',
    begins: async () => {
      await failing({ kind: 'status', status: 503 })();
      await sweepOnce(world);
      await world.timePasses(MINUTE);
    },
    ends: recovers,
  },
  {
    name: 'during a Retry-After',
    begins: async () => {
      await failing({ kind: 'status', status: 429, headers: { 'retry-after': '500' } })();
      await sweepOnce(world);
      world.controlPlane.heal();
    },
    ends: recovers,
  },
  {
    name: 'while paused',
    begins: () =>
      tenant(`paused_at = now(), paused_by = 'Anna', pause_reason = 'why', pause_until = now() + interval '1 hour'`),
    ends: () => tenant('paused_at = null, paused_by = null, pause_reason = null, pause_until = null'),
  },
  { name: 'while braked', begins: () => latchBrake(world), ends: () => tenant('brake_at = null') },
  {
    name: 'that a person asked for as a dry run',
    begins: async () => undefined,
    ends: async () => undefined,
    options: { trigger: 'manual', dryRun: true },
  },
  {
    name: 'without a backend',
    begins: async () => undefined,
    ends: async () => undefined,
    options: { backend: null, settings: { disabledReason: 'no backend' } },
  },
];

describe('no look is taken by a sweep', () => {
  it.each(QUIET.map((one) => [one.name, one] as const))('%s; it comes afterwards', async (_, one) => {
    const { orphanId, instance_id } = await stopOne(world);
    await world.timePasses(LOOK_MS);
    await one.begins();
    const before = await looked(world, orphanId);
    expect(await sweepOnce(world, one.options)).toMatchObject({ looks: 0 });
    expect(asked(world)).toEqual([]);
    expect(await looked(world, orphanId)).toEqual(before);
    await one.ends();
    expect(await sweepOnce(world)).toMatchObject({ looks: 1 });
    expect(asked(world)).toEqual([instance_id]);
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'confirmed' });
  });

  it('but by one under SWEEP_DRY_RUN: what was stopped before it was set is still followed', async () => {
    const { orphanId } = await stopOne(world);
    await world.timePasses(LOOK_MS);
    expect(await sweepOnce(world, { dryRun: true })).toMatchObject({ looks: 1 });
    expect(await looked(world, orphanId)).toMatchObject({ second_look: 'confirmed' });
  });
});

describe('what looks bring', () => {
  const breaker = async () =>
    (await world.home.query('select breaker_opened_at, breaker_run, last_success_at from sweeper.tenants')).rows;

  it.each([
    ['503', answers(503)],
    ['401', answers(401)],
    ['429', status({ kind: 'status', status: 429, headers: { 'retry-after': '60' } })],
  ])('is nobody’s fault and opens no breaker: %s', async (_, fault) => {
    await stopMany(world, 5);
    world.controlPlane.failAll(fault);
    const before = await breaker();
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      await world.timePasses(LOOK_MS);
      expect(await sweepOnce(world, { settings: { concurrency: 1 } })).toMatchObject({ error: null, succeeded: false });
    }
    expect(asked(world).length).toBeGreaterThanOrEqual(3);
    const [after] = await breaker();
    expect(after).toMatchObject({ breaker_opened_at: null, breaker_run: [] });
    expect(before).toHaveLength(1);
    expect((await world.orphans()).every((row) => row.failures === 0 && row.resolution === 'stopped')).toBe(true);
    world.controlPlane.heal();
    await world.leak();
    expect((await sweepOnce(world)).result).toBe('cleared');
  });

  it('proves nothing of the control plane either: no run of failures ends by it, and it is no success', async () => {
    await stopMany(world, 1);
    await world.timePasses(LOOK_MS);
    await world.leakMany(2);
    world.controlPlane.failAll({ kind: 'status', status: 503, on: 'stop' });
    const before = await breaker();
    expect(await sweepOnce(world)).toMatchObject({ result: 'failed', looks: 1, succeeded: false });
    const [after] = await breaker();
    expect(after).toMatchObject({ breaker_opened_at: null, breaker_run: [expect.any(String), expect.any(String)] });
    expect(new Date(after?.['last_success_at'] ?? 0)).toEqual(new Date(before[0]?.['last_success_at'] ?? 1));
  });
});

describe('a process that was frozen, and comes back with the answer to an old look,', () => {
  const SIGHTS: readonly Sight[] = ['terminated', 'running', 'again', 'unconfirmed'];
  const store = (replica: string) =>
    createSweepStore(
      world.homeDatabase,
      { tenant: 'default', replica, sweepId: randomUUID() },
      { secondLookMs: LOOK_MS },
    );

  /** What others have found and done since it asked. */
  const SINCE: Readonly<Record<string, (stopped: Stopped) => Promise<void>>> = {
    'it was confirmed': async () => void (await sweepOnce(world)),
    'it was looked at in vain, and the next look has come': async (stopped) => {
      say(stopped, stopping);
      await sweepOnce(world);
      await world.timePasses(HOUR);
    },
    'it reappeared': async (stopped) => {
      say(stopped, word('running'));
      await sweepOnce(world);
    },
    'it reappeared, was stopped again, and its look has come': async (stopped) => {
      say(stopped, word('running'));
      await sweepOnce(world);
      await world.timePasses(MINUTE);
      await sweepOnce(world);
      await world.timePasses(LOOK_MS);
      expect(await looked(world, stopped.orphanId)).toMatchObject({ second_look: 'due', second_looks: 0 });
    },
  };

  it.each(Object.entries(SINCE))('changes nothing where %s meanwhile', async (_, happen) => {
    const stopped = await stopOne(world);
    await world.timePasses(LOOK_MS);
    const old = store('frozen');
    const [due] = await old.dueLooks(10);
    if (due === undefined) throw new Error('no look is due');
    expect(due.orphanId).toBe(stopped.orphanId);
    await happen(stopped);
    const before = await looked(world, stopped.orphanId);
    for (const sight of SIGHTS) expect(await old.looked(due, sight)).toBe(false);
    expect(await looked(world, stopped.orphanId)).toEqual(before);
  });

  it('changes something where nobody has looked since: only that makes the above a proof', async () => {
    for (const sight of SIGHTS) {
      await startAfresh(world);
      const stopped = await stopOne(world);
      await world.timePasses(LOOK_MS);
      const [due] = await store('slow').dueLooks(10);
      if (due === undefined) throw new Error('no look is due');
      const before = await looked(world, stopped.orphanId);
      expect(await store('slow').looked(due, sight)).toBe(true);
      expect(await looked(world, stopped.orphanId), sight).not.toEqual(before);
    }
  });
});
