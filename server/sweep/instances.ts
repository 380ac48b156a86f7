import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { Backend, StateAnswer } from '../backends/backend.ts';
import type { Database } from '../db/connect.ts';
import { restOf } from './breaker-row.ts';
import type { Clock } from './clock.ts';
import { inTime } from './in-time.ts';
import { type BackendWords, wordsOf } from './outcome.ts';
import type { CurrentRow, LiveRow, Platform, Target } from './platform.ts';
import { PlatformFault } from './platform-fault.ts';

/** What the platform says of a workspace, as a recheck would have it. */
export interface PlatformWord {
  /** Null: there is none. */
  readonly row: CurrentRow | null;
  /** Rows that are not removed and name one of the instances. */
  readonly live: readonly LiveRow[];
  /** The table holds no row at all: then a row that is not there proves nothing. */
  readonly tableEmpty: boolean;
}

/** What the backend says of one instance: its own word, or in our words why there is none. */
export type BackendWord = { readonly state: string } | { readonly error: string };

export interface InstancesAnswer {
  /** The home database's time, from before anybody was asked. */
  readonly askedAt: Date;
  readonly platform: PlatformWord | { readonly error: string };
  readonly instances: readonly { readonly instanceId: string; readonly word: BackendWord }[];
}

/** Asks the platform and the backend about one workspace, for a person who is about to decide something. */
export interface Instances {
  /**
   * Both sides' words as they are now: kept nowhere, and nothing follows from them. Whoever asks about the same
   * workspace while it is being asked about gets the same answer.
   *
   * @param cut what is under way is given up when it aborts
   * @throws when the home database fails
   */
  ask(workspaceId: string, instanceIds: readonly string[], cut: AbortSignal): Promise<InstancesAnswer>;
}

export interface InstancesDeps {
  readonly clock: Clock;
  readonly home: Database;
  readonly tenant: string;
  readonly platform: Platform;
  readonly backend: Backend | null;
  /** Why nothing of this tenant may be concluded from this platform; null: it may. */
  readonly refusal: () => string | null;
}

/** How long one question may take. */
const QUESTION_MS = 5_000;
/** No question starts later than this after the first: so whoever waits does so for twice as long at most. */
const LAST_QUESTION_MS = 5_000;
/** However many workspaces are asked about: a sweep needs both sides as well. */
const AT_ONCE = 3;
/** As for a sweep. */
const MOST_REST_MS = 10 * 60_000;

/** One asking: how long it may go on. */
interface Asking {
  /** Monotonic: no question starts later. */
  readonly lastStartMs: number;
  readonly cut: AbortSignal;
}

export function createInstances(deps: InstancesDeps): Instances {
  const { clock, home, tenant } = deps;
  const underWay = new Map<string, Promise<InstancesAnswer>>();
  const askPlatform = createPlatformSide(deps);
  const askBackend = createBackendSide(deps);

  const askBoth = async (workspaceId: string, instanceIds: readonly string[], cut: AbortSignal) => {
    const { now, restUntil } = await restOf(home, tenant);
    const refusal = deps.refusal();
    const targets = instanceIds.map((instanceId) => ({ workspaceId, instanceId }));
    if (refusal !== null) {
      const instances = instanceIds.map((instanceId) => ({ instanceId, word: { error: refusal } }));
      return { askedAt: now, platform: { error: refusal }, instances };
    }
    const asking = { lastStartMs: clock.monotonicMs() + LAST_QUESTION_MS, cut };
    const [platform, instances] = await Promise.all([
      askPlatform(workspaceId, targets, asking),
      askBackend(targets, restUntil, asking),
    ]);
    return { askedAt: now, platform, instances };
  };

  return {
    ask(workspaceId, instanceIds, cut) {
      const same = underWay.get(workspaceId);
      if (same !== undefined) return same;
      const answer = askBoth(workspaceId, instanceIds, cut).finally(() => underWay.delete(workspaceId));
      underWay.set(workspaceId, answer);
      return answer;
    },
  };
}

const TOO_LATE = 'Not asked: others were being asked about, and the time was up before its turn came.';

function createPlatformSide({ clock, platform }: InstancesDeps) {
  const turns = pLimit(AT_ONCE);
  return async (
    workspaceId: string,
    targets: readonly Target[],
    { lastStartMs, cut }: Asking,
  ): Promise<InstancesAnswer['platform']> => {
    const answered = new AbortController();
    const late = clock.delay(QUESTION_MS, AbortSignal.any([answered.signal, cut])).then(() => ({
      error: `The platform did not answer within ${QUESTION_MS / 1000} s.`,
    }));
    const asking = turns(async () =>
      clock.monotonicMs() > lastStartMs || cut.aborted ? { error: TOO_LATE } : readRows(platform, workspaceId, targets),
    );
    try {
      return await Promise.race([asking, late]);
    } catch (error) {
      if (!(error instanceof PlatformFault)) throw error;
      return { error: error.message };
    } finally {
      answered.abort();
    }
  };
}

/** By the very statement that is asked before a Stop; it needs an instance to look for. */
async function readRows(platform: Platform, workspaceId: string, targets: readonly Target[]): Promise<PlatformWord> {
  if (targets.length === 0) {
    const rows = await platform.read([workspaceId]);
    return { row: rows.get(workspaceId) ?? null, live: [], tableEmpty: rows.size === 0 && (await platform.isEmpty()) };
  }
  const { own, live, tableEmpty } = await platform.recheck(targets);
  return { row: own.get(workspaceId) ?? null, live: [...live.values()], tableEmpty };
}

function createBackendSide({ clock, backend }: InstancesDeps) {
  const turns = pLimit(AT_ONCE);
  const words = wordsOf(backend?.kind ?? null);
  /** Monotonic: it asked us to stay away until then. A sweep's Stop would have it written down; a question does not. */
  let restUntilMs = 0;

  const askOne = async (of: Backend, target: Target, { lastStartMs, cut }: Asking): Promise<StateAnswer | string> => {
    if (clock.monotonicMs() > lastStartMs || cut.aborted) return TOO_LATE;
    if (clock.monotonicMs() < restUntilMs) return `Not asked: the ${words.backend} has asked to be left alone.`;
    const answer = await inTime({ clock, timeoutMs: QUESTION_MS, cut }, 'The question', (signal) =>
      of.look(target, { requestId: randomUUID(), signal }),
    );
    if (answer.kind === 'failed' && answer.retryAfterMs !== null) {
      restUntilMs = Math.max(restUntilMs, clock.monotonicMs() + Math.min(answer.retryAfterMs, MOST_REST_MS));
    }
    return answer;
  };

  return async (
    targets: readonly Target[],
    restUntil: Date | null,
    asking: Asking,
  ): Promise<InstancesAnswer['instances']> => {
    let refusal =
      restUntil === null
        ? null
        : `Not asked: the ${words.backend} has asked to be left alone until ${restUntil.toISOString()}.`;
    const instances: { instanceId: string; word: BackendWord }[] = [];
    for (const target of targets) {
      const { instanceId } = target;
      if (backend === null) {
        instances.push({ instanceId, word: { error: 'There is no backend to ask: none is configured.' } });
        continue;
      }
      const said: StateAnswer | string = refusal ?? (await turns(() => askOne(backend, target, asking)));
      // As in a sweep: one that does not answer, or asks to be left alone, is asked no further.
      if (typeof said !== 'string' && said.kind === 'failed' && said.class !== 'rejected') {
        refusal = 'Not asked: the question before it has failed.';
      }
      instances.push({ instanceId, word: wordOf(said, words) });
    }
    return instances;
  };
}

function wordOf(said: StateAnswer | string, words: BackendWords): BackendWord {
  if (typeof said === 'string') return { error: said };
  switch (said.kind) {
    case 'state':
      return { state: said.state };
    case 'no_route':
      return { error: `The ${words.backend} cannot be asked for the state of ${words.anInstance}: ${said.message}` };
    case 'failed':
      return { error: `${said.message} (${said.class})` };
  }
}
