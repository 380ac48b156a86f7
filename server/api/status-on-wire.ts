import type { Config } from '../config.ts';
import { backendState } from '../sweep/backend-answers.ts';
import { surgeWarning } from '../sweep/decide.ts';
import { PLATFORM_EMPTY } from '../sweep/gate.ts';
import { OPEN_STATES, PLATFORM_FAULTS, POSITIVE_CONTROLS, type SweeperState } from '../sweep/outcome.ts';
import { readStatus, type StatusRows } from '../sweep/status.ts';
import { readSweep } from '../sweep/sweep-list.ts';
import type { ApiDeps, Home } from './deps.ts';
import { pauseOnWire } from './pause.ts';
import type { Status, StatusOfAll } from './status.ts';
import { sweepOnWire } from './sweeps.ts';
import { iso } from './wire.ts';

function fixed({ config, version, replica }: ApiDeps) {
  return {
    environment: config.environmentName,
    version,
    tenant: config.tenant,
    replica,
    anonymous: config.http.allowAnonymous,
  };
}

/** A time that is measured anew for every answer is the same as before while it differs by less. */
const SAME_TIME_MS = 500;

/** Else the next tick, some milliseconds off, would make every answer a new one. */
export function createSteadyTime(): (measured: Date) => Date {
  let shown = new Date(0);
  return (measured) => {
    if (Math.abs(measured.getTime() - shown.getTime()) >= SAME_TIME_MS) shown = measured;
    return shown;
  };
}

export async function withHome(deps: ApiDeps, home: Home, steady: (measured: Date) => Date): Promise<StatusOfAll> {
  await home.sweeper.fresh.ifOld();
  return remembered(deps, home, steady);
}

/** What the home database knows, without another look at the platform. */
export async function remembered(
  deps: ApiDeps,
  { database, sweeper }: Home,
  steady: (measured: Date) => Date,
): Promise<StatusOfAll> {
  const { config } = deps;
  const rows = await readStatus(database, config.tenant, config.sweep);
  const { tenant, counts, inventory, causes } = rows;
  if (tenant === null) return withoutHome(deps, 'It holds nothing of this tenant any more.', deps.startedAt);
  const last = rows.lastSweepId === null ? null : await readSweep(database, config.tenant, rows.lastSweepId);
  const nextTickInMs = sweeper.loop.nextTickInMs();
  // Before the first look nothing is known, and "0 orphans" would be a guess.
  const known = tenant.observedAt !== null;
  return {
    ...fixed(deps),
    now: iso(tenant.now),
    sweeper: {
      ...sweeperState(config, sweeper.refusal(), tenant),
      intervalSeconds: config.sweep.intervalMs / 1000,
      aliveAt: iso(tenant.aliveAt),
      nextSweepAt: nextTickInMs === null ? null : iso(steady(new Date(tenant.now.getTime() + nextTickInMs))),
      lastSweep: last === null ? null : sweepOnWire(last, false),
      currentSweepId: tenant.leaseValid ? tenant.leaseSweepId : null,
    },
    lease: leaseOnWire(tenant),
    counts: known ? { open: OPEN_STATES.reduce((sum, state) => sum + counts[state], 0), ...counts } : null,
    sweepable: known ? inventory.sweepable : null,
    oldest: inventory.oldest === null ? null : { ...inventory.oldest, orphanedAt: iso(inventory.oldest.orphanedAt) },
    newInTenMinutes: known ? inventory.newInTenMinutes : null,
    unconfirmed: known ? rows.unconfirmed : null,
    causes: known ? causes.map((cause) => ({ ...cause, since: iso(cause.since) })) : null,
    backend: {
      ...backendOnWire(config, rows.answers, tenant),
      breaker: breakerOnWire(tenant),
      positiveControl: POSITIVE_CONTROLS.find((one) => one === tenant.positiveControl) ?? 'unknown',
      positiveControlMessage: tenant.positiveControl === 'not_known' ? tenant.positiveControlMessage : null,
      positiveControlAt: tenant.positiveControl === 'unknown' ? null : iso(tenant.positiveControlAt),
      lastSuccessAt: iso(tenant.lastSuccessAt),
      leftAlone: [...tenant.leftAlone],
    },
    brake: brakeOnWire(config, rows.surge, tenant),
    pause: tenant.paused ? pauseOnWire(tenant) : null,
    surge: surgeOnWire(config, rows.surge, tenant),
    home: { state: 'answering', error: null, since: null },
    platform: platformOnWire(tenant, sweeper),
    fingerprints: { here: sweeper.fingerprint, known: tenant.platformFingerprint },
    lastObserve: { observedAt: iso(tenant.observedAt), error: tenant.observeError },
    observedAt: iso(tenant.observedAt),
  };
}

type TenantRow = NonNullable<StatusRows['tenant']>;

/** Of a tenant's row, what the state is made from; while our database is away little of it is known. */
type StateFacts = Pick<
  TenantRow,
  'late' | 'brakeAt' | 'brakeOrphans' | 'paused' | 'pausedBy' | 'pauseVerified' | 'pauseReason' | 'pauseUntil'
>;

type BreakerFacts = Pick<TenantRow, 'breakerOpenedAt' | 'breakerClass' | 'breakerMessage' | 'breakerRetryAt'>;

/** The first that holds, in the order of SWEEPER_STATES. */
function sweeperState(
  config: Config,
  refusal: string | null,
  of: StateFacts,
): { state: SweeperState; reason: string | null } {
  const disabled = config.disabledReason ?? refusal;
  if (disabled !== null) return { state: 'disabled', reason: disabled };
  if (of.brakeAt !== null) {
    const surge = of.brakeOrphans === null ? '' : `: ${of.brakeOrphans} new orphans within ten minutes`;
    return { state: 'brake', reason: `Stopped by the safety brake${surge}` };
  }
  if (of.late) return { state: 'late', reason: 'the sweeper has not run for more than 2.5 intervals' };
  if (of.paused) {
    const until = iso(of.pauseUntil) ?? '';
    return { state: 'paused', reason: `Paused by ${of.pausedBy ?? ''} until ${until}: ${of.pauseReason ?? ''}` };
  }
  if (config.sweep.dryRun) return { state: 'dry_run', reason: 'SWEEP_DRY_RUN is true' };
  return { state: 'on_schedule', reason: null };
}

function brakeOnWire(
  { sweep }: Config,
  behind: StatusRows['surge'],
  { brakeAt, brakeOrphans }: TenantRow,
): Status['brake'] {
  if (brakeAt === null) return null;
  return {
    latchedAt: iso(brakeAt),
    newOrphans: brakeOrphans ?? 0,
    limit: sweep.surgeLimit === 'unlimited' ? null : sweep.surgeLimit,
    orphans: behind.orphans,
    oldest: iso(behind.oldest),
    sample: behind.sample.map((one) => ({ ...one, orphanedAt: iso(one.orphanedAt) })),
  };
}

function surgeOnWire({ sweep }: Config, { newOrphans }: StatusRows['surge'], { brakeAt }: TenantRow): Status['surge'] {
  const { surgeLimit: limit } = sweep;
  if (brakeAt !== null || limit === 'unlimited' || !surgeWarning(newOrphans, limit)) return null;
  return { newOrphans, limit };
}

function breakerOnWire(tenant: BreakerFacts): Status['backend']['breaker'] {
  const { breakerOpenedAt, breakerClass, breakerMessage, breakerRetryAt } = tenant;
  return {
    state: breakerOpenedAt === null ? 'closed' : 'open',
    openedAt: iso(breakerOpenedAt),
    class: breakerClass,
    message: breakerMessage,
    retryAt: iso(breakerRetryAt),
  };
}

function leaseOnWire({ leaseValid, leaseHolder, leaseSweepId, leaseUntil }: TenantRow): Status['lease'] {
  if (!leaseValid || leaseHolder === null || leaseUntil === null) return null;
  return { holder: leaseHolder, sweepId: leaseSweepId, until: iso(leaseUntil) };
}

/** The breaker knows what three answers in a row have told; before it opens the last answers are all there is. */
function backendOnWire(
  { backend }: Config,
  answers: StatusRows['answers'],
  { breakerOpenedAt, breakerClass, breakerMessage }: BreakerFacts,
): Pick<Status['backend'], 'kind' | 'state' | 'error' | 'askedAt'> {
  const kind = backend?.kind ?? null;
  const askedAt = iso(answers[0]?.at ?? null);
  if (kind !== null && breakerOpenedAt !== null) {
    const silent = breakerClass === 'unreachable' || breakerClass === 'timeout';
    return { kind, askedAt, state: silent ? 'not_answering' : 'failing', error: breakerMessage };
  }
  const state = kind === null ? 'not_configured' : backendState(answers);
  const failing = state === 'failing' || state === 'not_answering';
  return { kind, askedAt, state, error: failing ? (answers[0]?.message ?? null) : null };
}

/** Failing since the last look that succeeded: when a look first failed is not known, and the last failure is no "since". */
function platformOnWire(tenant: TenantRow, { refusal, platformRole }: Home['sweeper']): Status['platform'] {
  const { observedAt, observeError, observeFault, platformWriteError, platformWriteFault, platformEmpty } = tenant;
  const failing = (error: string, code: string | null, since: Date | null = null): Status['platform'] => {
    // Another version may have written a word that this one does not know.
    const kind = PLATFORM_FAULTS.find((known) => known === code);
    const fault = kind === undefined ? {} : { fault: { kind, role: platformRole === '' ? null : platformRole } };
    return { state: 'failing', error, since: iso(since), ...fault };
  };
  const foreign = refusal();
  // Whatever is known is about the other platform: this process does not look at its own.
  if (foreign !== null) return failing(foreign, 'not_ours');
  if (observeError !== null) return failing(observeError, observeFault, observedAt);
  if (platformEmpty) return failing(PLATFORM_EMPTY, 'empty');
  if (platformWriteError !== null) return failing(platformWriteError, platformWriteFault);
  return { state: observedAt === null ? 'unknown' : 'answering', error: null, since: null };
}

const NOTHING_KNOWN = {
  brakeAt: null,
  brakeOrphans: null,
  paused: false,
  pausedBy: null,
  pauseVerified: false,
  pauseReason: null,
  pauseUntil: null,
  breakerOpenedAt: null,
  breakerClass: null,
  breakerMessage: null,
  breakerRetryAt: null,
} as const;

/** What can be said without our own database: that it is away, since when, and what the settings say. */
export function withoutHome(deps: ApiDeps, error: string, since: Date): StatusOfAll {
  const { config } = deps;
  const now = new Date();
  const late = now.getTime() - since.getTime() > config.sweep.intervalMs * 2.5;
  return {
    ...fixed(deps),
    now: iso(now),
    sweeper: {
      ...sweeperState(config, null, { ...NOTHING_KNOWN, late }),
      intervalSeconds: config.sweep.intervalMs / 1000,
      aliveAt: null,
      nextSweepAt: null,
      lastSweep: null,
      currentSweepId: null,
    },
    lease: null,
    counts: null,
    sweepable: null,
    oldest: null,
    newInTenMinutes: null,
    unconfirmed: null,
    causes: null,
    backend: {
      ...backendOnWire(config, [], NOTHING_KNOWN),
      breaker: breakerOnWire(NOTHING_KNOWN),
      positiveControl: 'unknown',
      positiveControlMessage: null,
      positiveControlAt: null,
      lastSuccessAt: null,
      leftAlone: [],
    },
    brake: null,
    pause: null,
    surge: null,
    home: { state: 'failing', error, since: iso(since) },
    platform: { state: 'unknown', error: null, since: null },
    fingerprints: { here: null, known: null },
    lastObserve: { observedAt: null, error: null },
    observedAt: null,
  };
}
