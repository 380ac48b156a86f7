import type { Status } from '../../server/api/status.ts';

export const NOW = '2026-11-23T03:12:04.000Z';

/** What a server says that has nothing to say: no orphan, everything answers. */
export function quietStatus(change: Partial<Status> = {}): Status {
  return {
    now: NOW,
    environment: 'production',
    version: '0.1.0',
    tenant: 'default',
    replica: 'one',
    anonymous: false,
    you: { name: null, role: 'admin', proof: 'open' },
    sweeper: {
      state: 'on_schedule',
      reason: null,
      intervalSeconds: 60,
      aliveAt: '2026-11-23T03:11:50.000Z',
      nextSweepAt: '2026-11-23T03:12:50.000Z',
      lastSweep: null,
      currentSweepId: null,
    },
    lease: null,
    counts: { open: 0, waiting: 0, sweeping: 0, retrying: 0, stuck: 0, held: 0 },
    sweepable: 0,
    oldest: null,
    newInTenMinutes: 0,
    unconfirmed: 0,
    causes: [],
    backend: {
      kind: 'control-plane',
      state: 'answering',
      error: null,
      askedAt: '2026-11-23T03:11:50.000Z',
      breaker: { state: 'closed', openedAt: null, class: null, message: null, retryAt: null },
      positiveControl: 'unknown',
      positiveControlMessage: null,
      positiveControlAt: null,
      lastSuccessAt: '2026-11-23T03:11:50.000Z',
      leftAlone: [],
    },
    brake: null,
    pause: null,
    surge: null,
    home: { state: 'answering', error: null, since: null },
    platform: { state: 'answering', error: null, since: null },
    fingerprints: { here: 'db:5432/platform public.workspaces', known: 'db:5432/platform public.workspaces' },
    lastObserve: { observedAt: NOW, error: null },
    observedAt: NOW,
    ...change,
  };
}

type Counts = NonNullable<Status['counts']>;

/** With so many orphans, all of which a sweep would attempt, the oldest 2 h 11 min old. */
export function leakingStatus(counts: Partial<Omit<Counts, 'open'>>, change: Partial<Status> = {}): Status {
  const open = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return quietStatus({
    counts: { waiting: 0, sweeping: 0, retrying: 0, stuck: 0, held: 0, ...counts, open },
    sweepable: open,
    oldest: {
      workspaceId: 'w-1',
      workspaceName: 'dev-7',
      instanceId: 'i-1',
      orphanedAt: '2026-11-23T01:01:04.000Z',
    },
    ...change,
  });
}
