import type { Attempt } from '../../server/api/attempts.ts';
import type { ConfigAnswer } from '../../server/api/config.ts';
import type { Orphan, OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Problem } from '../../server/api/problem.ts';
import type { Status } from '../../server/api/status.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { elapsedMs } from './lib/elapsed.ts';

/** Why there is no answer that could be used. */
export type ApiFailure = 'not_answering' | 'signed_out' | 'refused' | 'not_json';

export class ApiError extends Error {
  readonly failure: ApiFailure;
  /** The `code` of the refusal, if it was one. */
  readonly code: string | null;
  constructor(failure: ApiFailure, message: string, code: string | null = null) {
    super(message);
    this.failure = failure;
    this.code = code;
  }
}

/** An answer, and when it came: its age is counted from there. */
export interface Answer<Body> {
  readonly body: Body;
  /** By the clock of `elapsed.ts`. */
  readonly receivedMs: number;
}

const PATIENCE_MS = 4_000;

/**
 * Throws on every status but 2xx and on every answer that is not JSON: an error page must never pass for data. What
 * does come has the type of the server's own schema, by which the server writes its answers.
 *
 * @throws ApiError
 */
async function call<Body>(path: string, signal: AbortSignal | null, init: RequestInit = {}): Promise<Answer<Body>> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  const left = (): void => patience.abort();
  signal?.addEventListener('abort', left);
  try {
    const response = await fetch(path, { ...init, signal: patience.signal });
    if (!response.ok) throw await refusal(path, response);
    if (!isJson(response)) throw new ApiError('not_json', `${path} answered ${response.status} without JSON`);
    return { body: await response.json(), receivedMs: elapsedMs() };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('not_answering', patience.signal.aborted ? `${path}: no answer in 4 s` : `${path}: no answer`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', left);
  }
}

function isJson(response: Response): boolean {
  return /^application\/(problem\+)?json\b/.test(response.headers.get('content-type') ?? '');
}

async function refusal(path: string, response: Response): Promise<ApiError> {
  if (response.status === 401) return new ApiError('signed_out', 'Signed out');
  if (!isJson(response)) return new ApiError('refused', `${path} answered ${response.status}`);
  const { title, detail, code }: Problem = await response.json();
  return new ApiError('refused', detail === '' ? title : detail, code);
}

type Page<Item> = { readonly items: Item[]; readonly nextCursor: string | null };

export const getStatus = (signal: AbortSignal) => call<Status>('/api/status', signal);
export const getConfig = (signal: AbortSignal) => call<ConfigAnswer>('/api/config', signal);
export const getOrphans = (query: string, signal: AbortSignal) =>
  call<OrphanListAnswer>(`/api/orphans?${query}`, signal);
export const getWorkspaceOrphans = (workspaceId: string, signal: AbortSignal) =>
  call<Pick<OrphanListAnswer, 'observedAt' | 'stale'> & { items: Orphan[] }>(
    `/api/orphans/${encodeURIComponent(workspaceId)}`,
    signal,
  );
export const getWorkspaceAttempts = (workspaceId: string, signal: AbortSignal) =>
  call<Page<Attempt>>(`/api/orphans/${encodeURIComponent(workspaceId)}/attempts?limit=200`, signal);
export const getSweeps = (limit: number, signal: AbortSignal) =>
  call<Page<Sweep>>(`/api/sweeps?limit=${limit}`, signal);
export const getSweep = (id: string, signal: AbortSignal) =>
  call<Sweep>(`/api/sweeps/${encodeURIComponent(id)}`, signal);
export const getSweepAttempts = (id: string, signal: AbortSignal) =>
  call<Page<Attempt>>(`/api/sweeps/${encodeURIComponent(id)}/attempts?limit=200`, signal);

/** @param expected how many open orphans were on the screen; null where that was no part of the decision */
export const postSweep = (dryRun: boolean, expected: number | null) =>
  call<Sweep>('/api/sweeps', null, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...(dryRun ? { dryRun } : {}), ...(expected === null ? {} : { expected }) }),
  });
