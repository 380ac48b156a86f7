import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../server/api/status.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import type { Call } from '../../server/demo/calls.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import { type Answer, type Program, startProgram } from './process.ts';
import { gate } from './sweeping.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** A process of several on one home database. */
export interface Replica {
  /** As it signs its sweeps and attempts. */
  readonly name: string;
  readonly program: Program;
}

/** Starts so many at once, and waits until all are ready. */
export async function startReplicas(count: number, env: Readonly<Record<string, string>>): Promise<Replica[]> {
  const programs = await Promise.all(Array.from({ length: count }, () => startProgram(env)));
  return Promise.all(
    programs.map(async (program) => {
      await program.ready();
      return { name: (await program.call<Status>('/api/status')).body.replica, program };
    }),
  );
}

/** A person presses a button of this very replica. */
export function change<Body>(
  { program }: Replica,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: object = {},
): Promise<Answer<Body>> {
  const headers = { 'content-type': 'application/json', 'x-actor': 'Tess' };
  return program.call<Body>(path, { method, headers, body: JSON.stringify(body) });
}

/** "Sweep now": all, unless told which workspaces. */
export async function sweepNow(replica: Replica, scope?: readonly WorkspaceRow[]): Promise<Sweep> {
  const body = scope === undefined ? {} : { workspaceIds: scope.map((row) => row.id) };
  return (await change<Sweep>(replica, 'POST', '/api/sweeps', body)).body;
}

/** Stops that take a while, so that a sweep has many in flight. */
export interface SlowStops {
  /** Those that are in flight now, and no later ones, are not answered until this is called. */
  hold(): () => void;
}

const STOP_MS = 300;

export function slowStops(world: World, rows: readonly WorkspaceRow[]): SlowStops {
  let held: { readonly until: Promise<void>; readonly letGo: () => void } | null = null;
  const stop = async (): Promise<void> => {
    const heldBefore = held;
    await delay(STOP_MS);
    if (held !== heldBefore) await held?.until;
  };
  for (const { instance_id: id } of rows) world.controlPlane.onStop(id ?? '', stop);
  return {
    hold() {
      const { opened, open } = gate();
      held = { until: opened, letGo: open };
      return open;
    },
  };
}

/** Whoever was struck in mid-sweep, and what it had in flight at that moment. */
export interface Struck {
  readonly replica: Replica;
  readonly sweepId: string;
  readonly calls: readonly Call[];
  /** By the control plane's clock. */
  readonly atMs: number;
}

/**
 * Waits until one of them sweeps, has ended some attempts and has several Stops in flight, and strikes it then: they are
 * in flight at that very moment, for the control plane is this process, and answers nothing between the two.
 */
export function strike(
  world: World,
  replicas: readonly Replica[],
  { ended, inFlight }: { readonly ended: number; readonly inFlight: number },
  blow: (program: Program) => void,
): Promise<Struck> {
  const inMidSweep = async (): Promise<Struck | null> => {
    const running = (await world.sweeps()).find((sweep) => sweep.result === 'running');
    const replica = replicas.find(({ name }) => name === running?.replica);
    if (running === undefined || replica === undefined) return null;
    const own = (await world.attempts()).filter((attempt) => attempt.sweep_id === running.id);
    if (own.filter((attempt) => attempt.outcome === 'stopped').length < ended) return null;
    const ids = new Set(own.map((attempt) => attempt.request_id));
    const calls = openStops(world).filter((call) => ids.has(call.requestId ?? ''));
    if (calls.length < inFlight) return null;
    blow(replica.program);
    return { replica, sweepId: running.id, calls, atMs: performance.now() };
  };
  return until(inMidSweep, { timeoutMs: 120_000, what: 'a replica to be in mid-sweep' });
}

export function openStops(world: World): readonly Call[] {
  return world.controlPlane.calls.filter((call) => call.route === 'stop' && call.endedAt === null);
}

/** Two Stops for one instance that were in flight together. */
export function overlaps(calls: readonly Call[]): (readonly [Call, Call])[] {
  const stops = calls.filter((call) => call.route === 'stop');
  return stops.flatMap((first, index) =>
    stops
      .slice(index + 1)
      .filter((second) => second.instanceId === first.instanceId)
      .filter((second) => second.startedAt < (first.endedAt ?? Number.POSITIVE_INFINITY))
      .map((second) => [first, second] as const),
  );
}
