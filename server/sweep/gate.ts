import { sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { sweeps, tenants } from '../db/schema.ts';
import type { BreakerState } from './decide.ts';
import { type BackendKind, wordsOf } from './outcome.ts';

/** What stands between a sweep and its Stops. */
export interface Gate {
  /** The home database's time, with all its digits. */
  readonly now: string;
  readonly brakeLatched: boolean;
  /** In force now. */
  readonly pause: { readonly actor: string; readonly reason: string; readonly until: Date } | null;
  readonly cancelled: boolean;
  readonly breaker: BreakerState & {
    readonly probes: number;
    /** Until when nothing is asked of the control plane at all; null: it may be asked. */
    readonly restUntil: Date | null;
  };
  /** The control plane did not know this platform when it was last asked. */
  readonly notKnown: boolean;
  /** Why the platform's connection might not clear ids when that was last asked. */
  readonly platformWriteError: string | null;
  /** The platform's table held no row at all when it was last looked at. */
  readonly platformEmpty: boolean;
}

interface GateRow extends Record<string, unknown> {
  readonly now: string;
  readonly brake_latched: boolean;
  readonly paused: boolean;
  readonly paused_by: string | null;
  readonly pause_reason: string | null;
  readonly pause_until: Date | null;
  readonly cancelled: boolean;
  readonly breaker_open: boolean;
  readonly breaker_run: readonly string[];
  readonly breaker_probes: number;
  readonly resting: boolean;
  readonly breaker_retry_at: Date | null;
  readonly not_known: boolean;
  readonly platform_write_error: string | null;
  readonly platform_empty: boolean;
}

/**
 * One statement: it stands between every sweep and its first Stop.
 *
 * @throws when the tenant's row is gone, as when the home database fails: then nothing may be stopped
 */
export async function readGate(home: Database, tenant: string, sweepId: string): Promise<Gate> {
  const { rows } = await home.statement<GateRow>(sql`
    select clock_timestamp()::text as now, brake_at is not null as brake_latched,
      coalesce(pause_until > now(), false) as paused, paused_by, pause_reason, pause_until,
      not exists (select 1 from ${sweeps} where id = ${sweepId} and cancel_requested_at is null) as cancelled,
      breaker_opened_at is not null as breaker_open, breaker_run::text[] as breaker_run, breaker_probes,
      coalesce(breaker_retry_at > now(), false) as resting, breaker_retry_at,
      coalesce(positive_control = 'not_known', false) as not_known, platform_write_error, platform_empty
    from ${tenants} where tenant = ${tenant}`);
  const [row] = rows;
  if (row === undefined) throw new TypeError(`the row of the tenant ${tenant} is gone`);
  const { paused, pause_until: until, paused_by: actor, pause_reason: reason } = row;
  return {
    now: row.now,
    brakeLatched: row.brake_latched,
    pause: paused && until !== null ? { actor: actor ?? 'somebody', reason: reason ?? 'no reason given', until } : null,
    cancelled: row.cancelled,
    breaker: {
      open: row.breaker_open,
      run: row.breaker_run,
      probes: row.breaker_probes,
      restUntil: row.resting ? row.breaker_retry_at : null,
    },
    notKnown: row.not_known,
    platformWriteError: row.platform_write_error,
    platformEmpty: row.platform_empty,
  };
}

/** Why a sweep may stop nothing (any more), as a sentence for its row; null: it may. */
export function refusalOf(
  gate: Gate,
  { byHand, dryRun, kind }: { byHand: boolean; dryRun: boolean; kind: BackendKind | null },
): string | null {
  if (gate.cancelled) return 'Cancelled before the rest was attempted.';
  if (gate.brakeLatched && !(byHand && dryRun)) return BRAKED;
  if (gate.pause !== null && !byHand) {
    const { actor, until, reason } = gate.pause;
    return `Paused by ${actor} until ${until.toISOString()}: ${reason}`;
  }
  if (gate.breaker.restUntil !== null && !dryRun) {
    return `The ${wordsOf(kind).backend} asked not to be called before ${gate.breaker.restUntil.toISOString()}.`;
  }
  return gate.platformEmpty && !dryRun ? PLATFORM_EMPTY : null;
}

/** Wiped, or not the platform's: then "gone" says nothing of any single workspace. */
export const PLATFORM_EMPTY =
  "The platform's table holds no row at all, so a workspace that is not in it proves nothing: nothing is stopped. " +
  'PLATFORM_TABLE and PLATFORM_DATABASE_URL name the table.';
const BRAKED = 'Stopped by the safety brake: too many new orphans at once. A person has to release it.';
