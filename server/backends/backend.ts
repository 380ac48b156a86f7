import type { BackendKind, FailureClass, StepKind } from '../sweep/outcome.ts';

/** What is to be stopped: immutable ids only, never a name that can be used again. */
export interface StopTarget {
  readonly workspaceId: string;
  readonly instanceId: string;
}

export interface StopRequest {
  /** Identifies this one Stop in the backend's own logs: the id of the attempt. */
  readonly requestId: string;
  /** Aborted when the Stop must end now (its time is up, or the process is going down). */
  readonly signal: AbortSignal;
}

/** One step of a Stop that takes several. */
export interface Step {
  readonly kind: StepKind;
  /** Of a container its id, of a volume its name. */
  readonly name: string;
  /** Of a volume when it was made, in the backend's own spelling: another one under the same name is another volume. */
  readonly createdAt: string | null;
}

/** What a Stop of several steps needs of its caller. Each step has a state of its own, which outlives the process. */
export interface Steps {
  /** What earlier attempts have planned and not done, in order. */
  left(): Promise<readonly Step[]>;
  /** Writes down what is to be done, before any of it is, in place of what was planned before. */
  plan(steps: readonly Step[]): Promise<void>;
  done(step: Step): Promise<void>;
  /** The recheck before the next step. False: it must not be taken. */
  mayGoOn(): Promise<boolean>;
}

export interface SteppedRequest extends StopRequest {
  readonly steps: Steps;
}

/**
 * What a backend answers to a Stop, and what each answer obliges the caller to.
 *
 * - `accepted`: the backend promises to terminate exactly this instance. The caller may clear the id. It is not proof
 *   that the instance is gone: that is what the second look asks.
 * - `gone`: the backend says conclusively that the instance does not exist. The caller may clear the id.
 * - `failed`: nothing is known. The caller must keep the id and try again. "Could not ask" is not "no".
 */
export type StopAnswer =
  | { readonly kind: 'accepted'; readonly httpStatus: number | null }
  | { readonly kind: 'gone'; readonly httpStatus: number | null; readonly message: string }
  /** The recheck before a step said no, so it was not taken, nor any after it. `taken`: some step before it was. */
  | { readonly kind: 'halted'; readonly httpStatus: null; readonly taken: boolean }
  | StopFailure;

export interface StopFailure {
  readonly kind: 'failed';
  readonly class: Exclude<FailureClass, 'platform'>;
  readonly httpStatus: number | null;
  /** For a person: at most 512 bytes of what the other side said, never a credential. */
  readonly message: string;
  /** How long the backend asked us to stay away, in milliseconds from now; null if it did not ask. */
  readonly retryAfterMs: number | null;
}

/**
 * What a backend believes an instance to be doing, and what each answer obliges the caller to.
 *
 * - `state`: its own word. Only `terminated` and `not_found` prove that the instance is gone, and only `running` that a
 *   Stop has not worked; a word that the caller does not know proves nothing.
 * - `no_route`: this backend cannot be asked, now or later. The caller must not wait for an answer, nor believe one.
 * - `failed`: nothing is known. The caller may ask again later.
 */
export type StateAnswer =
  | { readonly kind: 'state'; readonly state: string }
  | { readonly kind: 'no_route'; readonly message: string }
  | StopFailure;

/**
 * Stops instances. Implementations never retry (retries live in the sweep) and never throw: a failure is an answer.
 *
 * @typeParam Request what a Stop needs: less, where it is a single step
 */
export interface Backend<Request extends StopRequest = SteppedRequest> {
  readonly kind: BackendKind;
  /**
   * One idempotent Stop. Ends by the time `signal` aborts: an abort is answered as `timeout`, unless the Stop itself had
   * been answered and only its confirmation was cut off (an unconfirmed 404 is `rejected`).
   */
  stop(target: StopTarget, request: Request): Promise<StopAnswer>;
  /** Asks what an instance is doing; changes nothing. Ends by the time `signal` aborts: an abort is a `timeout`. */
  look(target: StopTarget, request: StopRequest): Promise<StateAnswer>;
  /** Closes idle connections. */
  close(): Promise<void>;
}

/** A container of the platform, as its engine has it. */
export interface Container {
  /** Its own id: names are used again. */
  readonly instanceId: string;
  readonly name: string;
  /** What its name says of its workspace: a whole id, or the first twelve characters of one. */
  readonly workspace: string;
  /** ISO 8601 */
  readonly createdAt: string;
}

/** `named`: all that bear a workspace's name. `managed`: of those the ones with the platform's label, and a name that is the platform's beyond doubt. Else by their ids. */
export type ContainerQuery = 'named' | 'managed' | readonly string[];

/** A backend that knows by itself which instances there are. */
export interface Containers {
  /** As a person would write where it is. */
  readonly place: string;
  /** Stopped ones, too. Ends by the time `signal` aborts, and never throws. */
  list(query: ContainerQuery, signal: AbortSignal): Promise<readonly Container[] | StopFailure>;
}
