import type { Backend, StopFailure } from '../../server/backends/backend.ts';
import type { OpenState } from '../../server/sweep/outcome.ts';
import { readStatus } from '../../server/sweep/status.ts';
import { QUICK, type World } from './world.ts';

/** A backend that writes down what it is asked, also what nobody receives. */
export interface CountedBackend extends Backend {
  /** The instances that were to be stopped, in order. */
  readonly stopped: readonly string[];
  /** The instances that were asked about: second looks and positive controls. */
  readonly looked: readonly string[];
}

export function counted(backend: Backend): CountedBackend {
  const stopped: string[] = [];
  const looked: string[] = [];
  return {
    ...backend,
    stopped,
    looked,
    stop(target, request) {
      stopped.push(target.instanceId);
      return backend.stop(target, request);
    },
    look(target, request) {
      looked.push(target.instanceId);
      return backend.look(target, request);
    },
  };
}

/** What a Stop that hung comes to, without the wait. */
export const HUNG: StopFailure = {
  kind: 'failed',
  class: 'timeout',
  httpStatus: null,
  message: 'No whole answer within 10 s.',
  retryAfterMs: null,
};

/** Every Stop for which this says so fails at once, as if it had hung; the others reach the control plane. */
export function hanging(backend: Backend, hangs: (instanceId: string) => boolean): Backend {
  return {
    ...backend,
    stop: (target, request) => (hangs(target.instanceId) ? Promise.resolve(HUNG) : backend.stop(target, request)),
  };
}

/** How many open orphans are in which state, as the console has it. */
export async function states(world: World): Promise<Record<OpenState, number>> {
  return (await readStatus(world.homeDatabase, 'default', QUICK)).counts;
}

/** The breaker as every replica reads it. */
export interface BreakerRow {
  readonly open: boolean;
  readonly class: string | null;
  /** How long nothing at all is asked, in seconds; null: no such time. */
  readonly rest: number | null;
  readonly run: readonly string[];
  readonly probes: number;
}

export async function breakerRow(world: World): Promise<BreakerRow> {
  const { rows } = await world.home.query<BreakerRow>(
    `select breaker_opened_at is not null as open, breaker_class as class, breaker_run as run, breaker_probes as probes,
       extract(epoch from breaker_retry_at - now())::float8 as rest
     from sweeper.tenants`,
  );
  if (rows[0] === undefined) throw new Error('no tenant');
  return rows[0];
}
