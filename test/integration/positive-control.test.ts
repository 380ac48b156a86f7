import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import type { InstanceState } from '../../server/demo/instances.ts';
import type { Platform } from '../../server/sweep/platform.ts';
import { createController } from '../../server/sweep/positive-control.ts';
import { saveControl } from '../../server/sweep/sweeper.ts';
import { createApi } from '../support/api.ts';
import { createJumpingClock } from '../support/fake-clock.ts';
import { asked, LOOK_MS, looked, reappearAndStop, stopOne, strangers } from '../support/looking.ts';
import { platformFailure } from '../support/pasts.ts';
import { calls, startAfresh, stops, sweepOnce } from '../support/sweeping.ts';
import { createWorld, type SweepOptions, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ settings: { positiveControl: true } });
  return () => world.close();
});
beforeEach(() => startAfresh(world));

interface ProcessOptions {
  readonly enabled?: boolean;
  readonly timeoutMs?: number;
  readonly platform?: Partial<Platform>;
}

/** Sweeps of one process: what it has found out about its control plane outlives a sweep. */
function oneProcess({ enabled = true, timeoutMs = 10_000, platform = {} }: ProcessOptions = {}) {
  const clock = createJumpingClock();
  const controller = createController({
    clock,
    platform: { ...world.table, ...platform },
    backend: world.backend,
    enabled,
    timeoutMs,
    save: (result) => saveControl(world.homeDatabase, 'default', result),
    repeats: world.repeats,
  });
  const sweep = (options: SweepOptions = {}) => sweepOnce(world, { ...options, controller });
  return { clock, sweep };
}

/** As the database has it, and the console shows it. */
async function control(): Promise<{ result: string | null; message: string | null }> {
  const { rows } = await world.home.query<{ result: string | null; message: string | null }>(
    'select positive_control as result, positive_control_message as message from sweeper.tenants',
  );
  const [row] = rows;
  if (row === undefined) throw new Error('no tenant');
  return row;
}

const sentence = (count: number) =>
  `The control plane knows none of ${count} instances of live workspaces of this platform, so it may be another's: ` +
  'nothing is stopped. Set CONTROL_PLANE_URL to the control plane of this platform ' +
  '(POSITIVE_CONTROL=false sweeps without asking).';

const says = (instanceId: string, body: string) =>
  world.controlPlane.fail(instanceId, { kind: 'status', status: 200, body, on: 'status' });

/** What the control plane says of live instances, most recently updated first, and what follows. */
interface ControlCase {
  readonly name: string;
  readonly live: number;
  readonly happens?: (instanceIds: readonly string[]) => void;
  readonly asks: number;
  readonly result: 'known' | 'not_known' | 'unknown';
  readonly message: string | null;
}

const state = (word: InstanceState): ControlCase => ({
  name: `that it is ${word}`,
  live: 3,
  happens: ([first = '']) => {
    world.controlPlane.launch({ workspaceId: 'w', instanceId: first, state: word });
  },
  asks: 1,
  result: 'known',
  message: null,
});

const KNOWN: readonly ControlCase[] = [
  ...(['running', 'pending', 'stopping', 'stopped', 'terminated'] as const).map(state),
  {
    name: 'a word that nobody knows',
    live: 3,
    happens: ([first = '']) => says(first, '{"state":"vaporised"}'),
    asks: 1,
    result: 'known',
    message: null,
  },
  {
    name: 'not_found of the first, and of the second that it runs',
    live: 3,
    happens: ([, second = '']) => void world.controlPlane.launch({ workspaceId: 'w', instanceId: second }),
    asks: 2,
    result: 'known',
    message: null,
  },
  {
    name: 'not_found of four, and of the fifth that it runs',
    live: 6,
    happens: (ids) => void world.controlPlane.launch({ workspaceId: 'w', instanceId: ids[4] ?? '' }),
    asks: 5,
    result: 'known',
    message: null,
  },
];

const answered = (what: string) => expect.stringMatching(what);
const UNKNOWN: readonly ControlCase[] = [
  { name: 'nothing, for no workspace lives', live: 0, asks: 0, result: 'unknown', message: null },
  { name: 'not_found of the only one', live: 1, asks: 1, result: 'unknown', message: null },
  {
    name: '500',
    live: 3,
    happens: () => world.controlPlane.failAll({ kind: 'status', status: 500, on: 'status' }),
    asks: 1,
    result: 'unknown',
    message: answered('^answered 500'),
  },
  {
    name: 'not_found of the first, and 500 of the second',
    live: 3,
    happens: ([, second = '']) => world.controlPlane.fail(second, { kind: 'status', status: 500, on: 'status' }),
    asks: 2,
    result: 'unknown',
    message: answered('^answered 500'),
  },
  {
    name: '401',
    live: 3,
    happens: () => world.controlPlane.failAll({ kind: 'status', status: 401, on: 'status' }),
    asks: 1,
    result: 'unknown',
    message: answered('^answered 401'),
  },
  {
    name: '404, for it has no such route',
    live: 3,
    happens: () => world.controlPlane.failAll({ kind: 'status', status: 404, on: 'status' }),
    asks: 1,
    result: 'unknown',
    message: answered('^answered 404'),
  },
  {
    name: 'a login page',
    live: 3,
    happens: () => world.controlPlane.failAll({ kind: 'html', on: 'status' }),
    asks: 1,
    result: 'unknown',
    message: answered('a page, not an answer of a control plane'),
  },
  {
    name: 'JSON without a state',
    live: 3,
    happens: ([first = '']) => says(first, '{"status":"not_found"}'),
    asks: 1,
    result: 'unknown',
    message: answered('no state in it'),
  },
  {
    name: 'nothing, and breaks the connection',
    live: 3,
    happens: () => world.controlPlane.failAll({ kind: 'reset', on: 'status' }),
    asks: 1,
    result: 'unknown',
    message: answered('.'),
  },
];

const NOT_KNOWN: readonly ControlCase[] = [
  { name: 'not_found of both', live: 2, asks: 2, result: 'not_known', message: sentence(2) },
  { name: 'not_found of all six', live: 6, asks: 5, result: 'not_known', message: sentence(5) },
];

describe('asked about the instances of live workspaces before the first Stop, the control plane says', () => {
  async function come({ live, happens }: ControlCase) {
    const instanceIds = (await strangers(world, live)).map((one) => one.instanceId);
    happens?.(instanceIds);
    const leaked = await world.leak();
    return { instanceIds, leaked, end: await sweepOnce(world) };
  }

  const rows = (cases: readonly ControlCase[]) => cases.map((one) => [one.name, one] as const);
  it.each(rows([...KNOWN, ...UNKNOWN]))('%s: sweeping goes on', async (_, one) => {
    const { instanceIds, leaked, end } = await come(one);
    expect(asked(world)).toEqual(instanceIds.slice(0, one.asks));
    expect(await control()).toEqual({ result: one.result, message: one.message });
    expect(end).toMatchObject({ result: 'cleared', error: null });
    expect(stops(world)).toEqual([leaked.instance_id]);
  });

  it.each(rows(NOT_KNOWN))('%s: nothing is stopped, and it says so', async (_, one) => {
    const { instanceIds, leaked, end } = await come(one);
    expect(asked(world)).toEqual(instanceIds.slice(0, one.asks));
    expect(await control()).toEqual({ result: one.result, message: one.message });
    expect(end).toEqual({
      result: 'skipped',
      counts: {},
      deferred: 1,
      looks: 0,
      error: one.message,
      succeeded: false,
    });
    expect(stops(world)).toEqual([]);
    expect(await world.attempts()).toEqual([]);
    expect(await world.orphan(leaked.id)).toMatchObject({
      resolved_at: null,
      attempts: 0,
      failures: 0,
      stuck_at: null,
    });
  });

  it('nothing in time: sweeping goes on', async () => {
    await strangers(world, 2);
    world.controlPlane.failAll({ kind: 'hang', on: 'status' });
    const leaked = await world.leak();
    await oneProcess({ timeoutMs: 1 }).sweep();
    expect(await control()).toMatchObject({ result: 'unknown' });
    expect(stops(world)).toEqual([leaked.instance_id]);
  });
});

describe('the positive control', () => {
  it('asks about live rows that name an instance, and about no others', async () => {
    const [first, second, third] = await strangers(world, 3);
    await world.platformDatabase.query(`update workspaces set status = 'removed' where id = $1`, [first?.id]);
    await world.platformDatabase.query(`update workspaces set instance_id = '' where id = $1`, [second?.id]);
    const paused = `update workspaces set status = 'paused' where id = $1`;
    await world.platformDatabase.query(paused, [third?.id]);
    await sweepOnce(world);
    const beforeStops = calls(world).slice(
      0,
      calls(world).findIndex(({ route }) => route === 'stop'),
    );
    expect(beforeStops.map(({ route, instanceId }) => [route, instanceId])).toEqual([['status', third?.instanceId]]);
  });

  it('that failed is asked again at every sweep, and heals without a restart', async () => {
    const [one] = await strangers(world, 2);
    const leaked = await world.leak();
    const { sweep } = oneProcess();
    for (let nth = 1; nth <= 3; nth++) {
      expect((await sweep()).error).toBe(sentence(2));
      expect(asked(world)).toHaveLength(2 * nth);
    }
    expect(stops(world)).toEqual([]);
    world.controlPlane.launch({ workspaceId: one?.id ?? '', instanceId: one?.instanceId ?? '' });
    expect(await sweep()).toMatchObject({ result: 'cleared', error: null });
    expect(stops(world)).toEqual([leaked.instance_id]);
    expect(await control()).toEqual({ result: 'known', message: null });
  });

  it('says on the status of every replica what it has found', async () => {
    const api = await createApi(world);
    const shown = async () => (await api.call<Status>('/api/status')).body.backend;
    expect(await shown()).toMatchObject({ positiveControl: 'unknown', positiveControlMessage: null });
    const made = await strangers(world, 2);
    await world.leak();
    const { sweep } = oneProcess();
    await sweep();
    expect(await shown()).toMatchObject({ positiveControl: 'not_known', positiveControlMessage: sentence(2) });
    await world.platformDatabase.query('delete from workspaces where id = any($1)', [made.map(({ id }) => id)]);
    await sweep();
    expect(await shown()).toMatchObject({ positiveControl: 'unknown', positiveControlMessage: null });
    await api.close();
  });

  it('that succeeded is asked again after an hour, and not before; another process asks for itself', async () => {
    await world.platform.create();
    const { clock, sweep } = oneProcess();
    const askedBy = async (options?: SweepOptions) => {
      await world.leak();
      const before = asked(world).length;
      await sweep(options);
      return asked(world).length - before;
    };
    expect([await askedBy(), await askedBy()]).toEqual([1, 0]);
    clock.jump(59 * 60_000);
    expect(await askedBy()).toBe(0);
    clock.jump(60_000);
    expect([await askedBy(), await askedBy()]).toEqual([1, 0]);
    await world.leak();
    const before = asked(world).length;
    await oneProcess().sweep();
    expect(asked(world).length - before).toBe(1);
  });

  it('that has known the platform can find, an hour later, that it no longer does', async () => {
    const live = await world.platform.create();
    await world.leak();
    const { clock, sweep } = oneProcess();
    expect((await sweep()).result).toBe('cleared');
    await world.platform.destroy(live.id);
    await strangers(world, 2);
    clock.jump(60 * 60_000);
    const leaked = await world.leak();
    expect(await sweep()).toMatchObject({ result: 'skipped', error: sentence(2) });
    expect(stops(world)).not.toContain(leaked.instance_id);
  });

  it('that could not be asked is asked again at the next sweep: an error is no answer that lasts an hour', async () => {
    await strangers(world, 2);
    world.controlPlane.failAll({ kind: 'status', status: 500, on: 'status', times: 1 });
    const { sweep } = oneProcess();
    await world.leak();
    expect((await sweep()).result).toBe('cleared');
    await world.leak();
    expect(await sweep()).toMatchObject({ result: 'skipped', error: sentence(2) });
  });

  it('is unknown where the live rows cannot be read, and sweeping goes on', async () => {
    const leaked = await world.leak();
    const liveRows = () => Promise.reject(platformFailure('The live rows are away.'));
    await oneProcess({ platform: { liveRows } }).sweep();
    expect(await control()).toEqual({ result: 'unknown', message: 'The live rows are away.' });
    expect(stops(world)).toEqual([leaked.instance_id]);
  });

  it('is not asked for by POSITIVE_CONTROL=false, which records unknown', async () => {
    await strangers(world, 2);
    const leaked = await world.leak();
    await oneProcess({ enabled: false }).sweep();
    expect(asked(world)).toEqual([]);
    expect(await control()).toEqual({ result: 'unknown', message: null });
    expect(stops(world)).toEqual([leaked.instance_id]);
  });

  it.each([
    ['a dry run', { dryRun: true }],
    ['a dry run by hand', { dryRun: true, trigger: 'manual' }],
  ] as const)('is not asked for by %s', async (_, options) => {
    await strangers(world, 2);
    await world.leak();
    expect((await sweepOnce(world, options)).result).toBe('dry_run');
    expect(asked(world)).toEqual([]);
    expect(await control()).toEqual({ result: null, message: null });
  });

  it('is not asked for while there is nothing to stop and nothing to look at', async () => {
    await strangers(world, 2);
    expect((await sweepOnce(world)).result).toBe('nothing_to_do');
    expect(asked(world)).toEqual([]);
  });

  it('that could not be asked is not asked again while the breaker is open: only probes are sent then', async () => {
    await strangers(world, 2);
    await world.leakMany(4);
    world.controlPlane.failAll({ kind: 'status', status: 500 });
    const { sweep } = oneProcess();
    await sweep();
    const before = asked(world).length;
    await world.timePasses(60_000);
    expect((await sweep()).error).toMatch(/control plane/);
    expect(asked(world).length).toBe(before);
    expect(stops(world)).toHaveLength(4);
  });
});

describe('a control plane that is another platform', () => {
  const notOurs = async () => {
    await strangers(world, 2);
    await world.platformDatabase.query(`delete from workspaces where name <> 'stranger'`);
  };

  it('is not believed when it says of a stopped instance that it is gone', async () => {
    const stopped = await stopOne(world);
    await notOurs();
    await world.timePasses(LOOK_MS);
    const { sweep } = oneProcess();
    const before = await looked(world, stopped.orphanId);
    expect(await sweep()).toMatchObject({ result: 'nothing_to_do', looks: 0 });
    expect(asked(world)).not.toContain(stopped.instance_id);
    expect(await looked(world, stopped.orphanId)).toEqual(before);
    expect(await control()).toEqual({ result: 'not_known', message: sentence(2) });
    await world.platform.create();
    await sweep();
    expect(await looked(world, stopped.orphanId)).toMatchObject({ second_look: 'confirmed' });
  });

  it('nor does its word resolve one that had kept running; it is asked once in a sweep', async () => {
    const stopped = await reappearAndStop(world);
    await notOurs();
    await world.timePasses(LOOK_MS);
    await world.leak();
    const before = asked(world).length;
    expect(await oneProcess().sweep()).toMatchObject({ result: 'skipped', error: sentence(2), looks: 0 });
    expect(asked(world).length - before).toBe(2);
    expect(await looked(world, stopped.orphanId)).toMatchObject({ resolved_at: null, why: 'reappeared' });
  });
});
