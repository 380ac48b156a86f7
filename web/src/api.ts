import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';

/** The server answered with a refusal, with something that is not JSON, or not at all. */
export class ApiError extends Error {}

const PATIENCE_MS = 4_000;

/**
 * Throws on every status but 2xx and on every answer that is not JSON: an error page must never pass for data. What
 * does come has the type of the server's own schema, by which the server writes its answers.
 */
async function get<Answer>(path: string): Promise<Answer> {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new ApiError(`${path} answered ${response.status}`);
  if (!response.headers.get('content-type')?.startsWith('application/json')) {
    throw new ApiError(`${path} did not answer with JSON`);
  }
  return response.json();
}

export interface Overview {
  readonly status: Status;
  readonly orphans: OrphanListAnswer;
}

export async function getOverview(): Promise<Overview> {
  const [status, orphans] = await Promise.all([
    get<Status>('/api/status'),
    get<OrphanListAnswer>('/api/orphans?limit=50'),
  ]);
  return { status, orphans };
}
