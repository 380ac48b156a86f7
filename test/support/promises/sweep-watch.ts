import type { Backend, StopAnswer } from '../../../server/backends/backend.ts';
import type { Inventory } from '../../../server/sweep/inventory.ts';
import type { SweepEnd, SweepStore } from '../../../server/sweep/store.ts';
import type { SweepOptions } from '../world.ts';
import { complaintAboutStop } from './model.ts';
import type { Run } from './run.ts';

/** Stands between a sweep and what it asks, and judges every Stop before it is sent. */
export interface SweepWatch {
  readonly options: SweepOptions;
  /** What each Stop was answered; null: nobody heard it. */
  readonly answers: (StopAnswer | null)[];
  readonly end: () => SweepEnd | null;
  /** Null: it did not come to its end. */
  readonly sweepId: () => string | null;
  readonly backend: (backend: Backend) => Backend;
  readonly store: (store: SweepStore) => SweepStore;
  readonly inventory: (inventory: Inventory) => Inventory;
  readonly ended: (swept: { readonly sweepId: string; readonly end: SweepEnd }) => void;
  readonly left: () => void;
}

export function watchSweep(run: Run, options: SweepOptions): SweepWatch {
  const answers: (StopAnswer | null)[] = [];
  let ended: { readonly sweepId: string; readonly end: SweepEnd } | null = null;
  let holdsLease = false;
  const leave = (): void => {
    if (holdsLease) run.sweeping -= 1;
    holdsLease = false;
  };
  return {
    options,
    answers,
    end: () => ended?.end ?? null,
    sweepId: () => ended?.sweepId ?? null,
    backend: (backend) => ({
      ...backend,
      async stop(target, request) {
        const place = answers.push(null) - 1;
        await judgeStop(run, options, target.workspaceId, target.instanceId, request.requestId);
        const answer = await backend.stop(target, request);
        answers[place] = answer;
        return answer;
      },
    }),
    inventory(inventory) {
      const wrapped = options.wrapInventory?.(inventory) ?? inventory;
      return {
        ...wrapped,
        begin() {
          holdsLease = true;
          run.sweeping += 1;
          if (run.sweeping > 1 && !run.overlaps) run.complaints.push('two sweeps at a time');
          return wrapped.begin();
        },
        async apply(look) {
          const applied = await wrapped.apply(look);
          run.looked ||= applied;
          return applied;
        },
      };
    },
    store(store) {
      const wrapped = options.wrapStore?.(store) ?? store;
      return {
        ...wrapped,
        async finish(...finishing) {
          const finished = await wrapped.finish(...finishing);
          // As a look of it would have: the row was read, and what became of it is in the inventory.
          run.looked ||= finished && finishing[2].outcome === 'superseded';
          return finished;
        },
        end(ending) {
          // From when it is sent the lease may be another's.
          leave();
          return wrapped.end(ending);
        },
      };
    },
    ended(swept) {
      ended = swept;
    },
    left: leave,
  };
}

/** Promises 2 and 3, and what persons have said, at the last moment before a Stop. */
async function judgeStop(
  { world, model, complaints, before, overlaps }: Run,
  { trigger, dryRun, dryReplica }: SweepOptions,
  workspaceId: string,
  instanceId: string,
  attemptId: string,
): Promise<void> {
  const say = (sentence: string | null): void => void (sentence !== null && complaints.push(sentence));
  const { rows } = await world.home.query<{ workspace_id: string; instance_id: string; ended: boolean }>(
    'select workspace_id, instance_id, outcome is not null as ended from sweeper.attempts where id = $1',
    [attemptId],
  );
  const [attempt] = rows;
  if (attempt?.workspace_id !== workspaceId || attempt.instance_id !== instanceId) {
    say(`a Stop of ${instanceId} without an attempt of it`);
  } else if (attempt.ended && !overlaps) say(`a Stop of ${instanceId} whose attempt has ended`);
  say(complaintAboutStop(model, workspaceId, instanceId));
  if (dryRun === true || dryReplica === true) say(`a Stop of ${instanceId} in a dry run`);
  if (overlaps) return;
  if (before.braked) say(`a Stop of ${instanceId} under the brake`);
  if (before.resting) say(`a Stop of ${instanceId} while the control plane wants to be left alone`);
  if (model.isHeld(workspaceId)) say(`a Stop of ${instanceId}, which is held`);
  if (trigger !== 'manual' && model.isPaused()) say(`a Stop of ${instanceId} in a pause`);
}

/** Promises 5 and 8, when a sweep is over. */
export function complaintsAboutSweep(run: Run, watch: SweepWatch, after: AfterSweep): string[] {
  const { before, model } = run;
  const complaints: string[] = [];
  const { answers } = watch;
  const failing = answers.filter((answer) => answer?.kind === 'failed').length;
  const isUp = answers.some((answer) => answer !== null && (answer.kind !== 'failed' || isOrphans(answer.class)));
  if (run.overlaps) return complaints;
  if (model.outage !== null && !isUp) {
    const most = before.breakerOpen ? 1 : 3;
    if (failing > most) complaints.push(`${failing} failing Stops of a control plane that was down; ${most} would do`);
  }
  const asked = answers.some((answer) => answer?.kind === 'failed' && answer.retryAfterMs !== null);
  if (asked && watch.end() !== null && !after.resting) {
    complaints.push('the control plane wanted to be left alone, and that is forgotten');
  }
  if (after.result === 'skipped' && (after.reported !== after.open || after.error === null)) {
    complaints.push(`a skipped sweep reports ${after.reported} of ${after.open} open orphans: ${after.error}`);
  }
  return complaints;
}

/** What the home database says when a sweep is over. */
export interface AfterSweep {
  readonly resting: boolean;
  readonly open: number;
  /** Null: its row is gone, for it said what the one before it has said. */
  readonly result: string | null;
  readonly reported: number | null;
  readonly error: string | null;
}

export async function readAfterSweep({ world }: Run, { sweepId }: SweepWatch): Promise<AfterSweep> {
  const { rows } = await world.home.query<AfterSweep>(
    `select coalesce(breaker_retry_at > now(), false) as resting, ended.result, ended.open as reported, ended.error,
       (select count(*)::int from sweeper.orphans where resolved_at is null) as open
     from sweeper.tenants left join sweeper.sweeps as ended on ended.id = $1`,
    [sweepId()],
  );
  if (rows[0] === undefined) throw new Error('no tenant');
  return rows[0];
}

/** An answer that is about one orphan proves that the control plane is up. */
function isOrphans(failure: string): boolean {
  return failure === 'forbidden' || failure === 'in_progress' || failure === 'rejected';
}
