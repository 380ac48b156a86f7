import { ApiError, getStatus } from '../api.ts';
import { whyFailed } from '../lib/api-failure.ts';
import { elapsedMs } from '../lib/elapsed.ts';
import { answered, failed } from '../lib/line.ts';

/** The status answers whatever else is away, so how its polls go is how the line to the server is. */
export const statusQuery = {
  queryKey: ['status'],
  queryFn: async ({ signal }: { readonly signal: AbortSignal }) => {
    const sentMs = elapsedMs();
    try {
      const answer = await getStatus(signal);
      answered();
      return answer;
    } catch (error) {
      // Whoever asked has left the page: that says nothing of the server.
      if (!signal.aborted) failed(sentMs, whyFailed(error instanceof ApiError ? error : null));
      throw error;
    }
  },
} as const;
