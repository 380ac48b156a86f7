import type { Attempt } from '../../server/api/attempts.ts';
import type { AuditAnswer } from '../../server/api/audit.ts';
import type { ConfigAnswer } from '../../server/api/config.ts';
import type { HistoryAnswer } from '../../server/api/history.ts';
import type { InstanceAnswer } from '../../server/api/instance.ts';
import type { NotificationsAnswer } from '../../server/api/notifications.ts';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Problem } from '../../server/api/problem.ts';
import type { Status } from '../../server/api/status.ts';
import type { Sweep, SweepListAnswer } from '../../server/api/sweeps.ts';
import type { TokensAnswer } from '../../server/api/tokens.ts';
import type { HistoryWindow } from '../../server/sweep/outcome.ts';
import type { ApiFailure, FailedCall } from './lib/api-failure.ts';
import { elapsedMs } from './lib/elapsed.ts';

export class ApiError extends Error implements FailedCall {
  readonly failure: ApiFailure;
  readonly code: string | null;
  /** How many orphans there are by now, where it was refused because there are others than expected. */
  readonly orphans: number | null;
  readonly signIn: string | null;
  constructor(failure: ApiFailure, message: string, refusal: Partial<Problem> = {}) {
    super(message);
    this.failure = failure;
    this.code = refusal.code ?? null;
    this.orphans = refusal.orphans ?? null;
    this.signIn = refusal.signIn ?? null;
  }
}

/** An answer, and when it came: its age is counted from there. */
export interface Answer<Body> {
  readonly body: Body;
  /** By the clock of `elapsed.ts`. */
  readonly receivedMs: number;
}

const PATIENCE_MS = 4_000;
/** Of what changes things: to give it up undoes nothing, and leaves a person without knowing. */
const PATIENCE_FOR_CHANGES_MS = 10_000;
/** The server asks others before it answers, and gives up by itself after 10 s. */
export const PATIENCE_FOR_OTHERS_MS = 20_000;

/** What was asked for may have been done all the same: nobody said that it was not. */
export function mayBeDone(error: unknown): error is ApiError {
  return error instanceof ApiError && (error.failure === 'not_answering' || error.failure === 'not_json');
}

/**
 * Throws on every status but 2xx and on every answer that is not JSON: an error page must never pass for data. What
 * does come has the type of the server's own schema, by which the server writes its answers.
 *
 * @throws ApiError
 */
async function call<Body>(
  path: string,
  signal: AbortSignal | null,
  init: RequestInit = {},
  patienceMs = PATIENCE_MS,
): Promise<Answer<Body>> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patienceMs);
  const left = (): void => patience.abort();
  signal?.addEventListener('abort', left);
  try {
    const response = await fetch(path, { ...init, signal: patience.signal });
    if (!response.ok) throw await refusal(response);
    if (!isJson(response)) throw new ApiError('not_json', withoutJson(response));
    const body: Body = { ...(await response.json()), ...timesOf(response) };
    return { body, receivedMs: elapsedMs() };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const within = patience.signal.aborted ? ` within ${patienceMs / 1000} s` : '';
    throw new ApiError('not_answering', `The server did not answer${within}.`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', left);
  }
}

function isJson(response: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
}

/** After "not modified" the browser hands out the body that it kept: when it was looked up anew is in the headers alone. */
function timesOf({ headers }: Response): { readonly now?: string; readonly observedAt?: string } {
  const [now, observedAt] = [headers.get('x-now'), headers.get('x-observed-at')];
  return { ...(now === null ? {} : { now }), ...(observedAt === null ? {} : { observedAt }) };
}

function withoutJson({ status }: Response): string {
  return `Something that is not Orphan Sweeper answered ${status}.`;
}

async function refusal(response: Response): Promise<ApiError> {
  if (response.status === 401) return new ApiError('signed_out', 'Signed out.', await problemOf(response));
  if (!isJson(response)) return new ApiError(response.status < 500 ? 'refused' : 'not_json', withoutJson(response));
  const problem: Problem = await response.json();
  return new ApiError('refused', problem.detail === '' ? problem.title : problem.detail, problem);
}

/** A proxy that asks for a sign-in by itself has words of its own. */
async function problemOf(response: Response): Promise<Partial<Problem>> {
  return isJson(response) ? response.json() : {};
}

type Page<Item> = { readonly items: Item[]; readonly nextCursor: string | null };

export const getStatus = (signal: AbortSignal) => call<Status>('/api/status', signal);
export const getConfig = (signal: AbortSignal) => call<ConfigAnswer>('/api/config', signal);
/** Where messages go, and how it goes with them. */
export const getNotifications = (signal: AbortSignal) =>
  call<NotificationsAnswer>('/api/notifications?limit=1', signal);
export const getOrphans = (query: string, signal: AbortSignal) =>
  call<OrphanListAnswer>(`/api/orphans?${query}`, signal);
export const getWorkspaceOrphans = (workspaceId: string, signal: AbortSignal) =>
  call<Pick<OrphanListAnswer, 'observedAt' | 'stale'> & { items: Orphan[] }>(
    `/api/orphans/${encodeURIComponent(workspaceId)}`,
    signal,
  );
export const getWorkspaceAttempts = (workspaceId: string, cursor: string | null, signal: AbortSignal | null) =>
  call<Page<Attempt>>(
    `/api/orphans/${encodeURIComponent(workspaceId)}/attempts?limit=200${
      cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    }`,
    signal,
  );
/** What people did to a workspace, newest first. */
export const getWorkspaceAudit = (workspaceId: string, signal: AbortSignal) =>
  call<AuditAnswer>(`/api/audit?limit=200&target=${encodeURIComponent(workspaceId)}`, signal);
/** What database and control plane say now. */
export const getInstance = (workspaceId: string, signal: AbortSignal) =>
  call<InstanceAnswer>(`/api/orphans/${encodeURIComponent(workspaceId)}/instance`, signal, {}, PATIENCE_FOR_OTHERS_MS);
export const getSweeps = (limit: number, signal: AbortSignal) =>
  call<Page<Sweep>>(`/api/sweeps?limit=${limit}`, signal);
/** @param query see lib/sweep-search.ts */
export const getSweepList = (query: string, signal: AbortSignal) =>
  call<SweepListAnswer>(`/api/sweeps?${query}`, signal);
/** Those that were asked for by hand, newest first. */
export const getManualSweeps = (signal: AbortSignal) =>
  call<Page<Sweep>>('/api/sweeps?trigger=manual&limit=10', signal);
export const getSweep = (id: string, signal: AbortSignal) =>
  call<Sweep>(`/api/sweeps/${encodeURIComponent(id)}`, signal);
export const getSweepAttempts = (id: string, query: string, signal: AbortSignal) =>
  call<Page<Attempt>>(`/api/sweeps/${encodeURIComponent(id)}/attempts?${query}`, signal);

/** How many orphans there were over time. */
export const getHistory = (window: HistoryWindow, signal: AbortSignal) =>
  call<HistoryAnswer>(`/api/history?window=${window}`, signal);

/** @param after the cursor behind which the page begins */
export const getAudit = (
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
  signal: AbortSignal,
) => {
  const query = new URLSearchParams({ limit: String(limit), ...(after === undefined ? {} : { cursor: after }) });
  return call<AuditAnswer>(`/api/audit?${query}`, signal);
};

/** Ends the session of this browser. @throws ApiError */
export async function signOut(): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_FOR_CHANGES_MS);
  // Where nobody answers, fetch throws words of the browser's own.
  const response = await fetch('/auth/sign-out', { method: 'POST', signal }).catch(() => null);
  if (response === null) throw new ApiError('not_answering', 'The server did not answer.');
  if (!response.ok) throw await refusal(response);
}

/** API tokens that are not revoked. Of admins only. */
export const getTokens = (signal: AbortSignal) => call<TokensAnswer>('/api/tokens', signal);

/** Something that changes things. What it answers is looked at where it matters; the page asks anew. */
export const change = <Body>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body: Readonly<Record<string, unknown>>,
  patienceMs = PATIENCE_FOR_CHANGES_MS,
) =>
  call<Body>(
    path,
    null,
    { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    patienceMs,
  );
