import type { Orphan } from '../../server/api/orphans.ts';
import { NOW } from './status.ts';

/** One that waits for its first sweep. */
export function orphanNamed(name: string, change: Partial<Orphan> = {}): Orphan {
  return {
    workspaceId: name,
    workspaceName: name,
    instanceId: `i-${name}`,
    state: 'waiting',
    why: 'removed',
    orphanedAt: NOW,
    firstSeenAt: NOW,
    attempts: 0,
    lastAttemptAt: null,
    lastOutcome: null,
    lastError: null,
    nextAttemptAt: NOW,
    hold: null,
    secondLook: null,
    resolvedAt: null,
    resolution: null,
    explanation: 'It waits.',
    ...change,
  };
}
