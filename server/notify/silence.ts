import { eq, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { attempts, audit, tenants } from '../db/schema.ts';
import { type BackendKind, wordsOf } from '../sweep/outcome.ts';
import { LATE_AFTER_INTERVALS } from '../sweep/status.ts';
import { readLastSweep } from '../sweep/watched.ts';
import type { Notice } from './message.ts';

/** One question to a database may take nearly as long, and is no silence. */
const SHORTEST_SILENCE_MS = 10_000;
const WELL_WITHIN_INTERVALS = 5;
const SHORTEST_PATIENCE_MS = 5 * 60_000;

export const SILENCE = 'silence';

/** Without a sign of life for so long: 2.5 intervals, as on the console, and at least ten seconds. */
export function lateAfterMs(intervalMs: number): number {
  return Math.max(LATE_AFTER_INTERVALS * intervalMs, SHORTEST_SILENCE_MS);
}

/** Without a sweep that ended well: as in ops/prometheus, five intervals, and at least five minutes. */
function patienceMs(intervalMs: number): number {
  return Math.max(WELL_WITHIN_INTERVALS * intervalMs, SHORTEST_PATIENCE_MS);
}

export interface Quiet {
  readonly notice: Notice | null;
  /** When the last sweep by itself has ended, with all the digits the database has; null: none yet. */
  readonly sweptAt: string | null;
  /** For how long a pause, or the brake, excuses silence from now on. */
  readonly excusedMs: number;
}

/**
 * Whether nobody sweeps. A person's pause and the brake excuse it, each until so long after its end as any sweep may
 * take; being disabled does not: what leaks then leaks in silence.
 */
export async function readSilence(
  tx: Transaction,
  tenant: string,
  { intervalMs, kind }: { intervalMs: number; kind: BackendKind | null },
): Promise<Quiet> {
  const row = await readSigns(tx, tenant, intervalMs);
  if (row === null) return { notice: null, sweptAt: null, excusedMs: 0 };
  const { sweptAt, pausedMs, braked, excused, late } = row;
  const excusedMs = braked ? Number.POSITIVE_INFINITY : Math.max(0, pausedMs ?? 0);
  const known = { sweptAt, excusedMs };
  if (excusedMs > 0) return { ...known, notice: null };
  if (late) return { ...known, notice: silence(`no replica has shown a sign of life since ${row.aliveAt}`, row) };
  const last = await readLastSweep(tx, tenant);
  const quietMs = (row.now - (last ?? row.created)) * 1000;
  if (excused || row.stopping || quietMs < patienceMs(intervalMs)) return { ...known, notice: null };
  const when = last === null ? 'yet' : `since ${isoOf(last)}`;
  return { ...known, notice: silence(`no sweep has ended well ${when}${becauseOf(row, kind)}`, row) };
}

type Signs = NonNullable<Awaited<ReturnType<typeof readSigns>>>;

async function readSigns(tx: Transaction, tenant: string, intervalMs: number) {
  const [row] = await tx.select(columns(tenant, intervalMs)).from(tenants).where(eq(tenants.tenant, tenant));
  return row ?? null;
}

function columns(tenant: string, intervalMs: number) {
  const patience = milliseconds(patienceMs(intervalMs));
  const alive = sql`coalesce(${tenants.aliveAt}, ${tenants.createdAt})`;
  return {
    now: sql<number>`extract(epoch from now())::float8`,
    created: sql<number>`extract(epoch from ${tenants.createdAt})::float8`,
    aliveAt: sql<string>`to_char(${alive}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`,
    sweptAt: sql<string | null>`${tenants.sweptAt}::text`,
    late: sql<boolean>`${alive} < now() - ${milliseconds(lateAfterMs(intervalMs))}`,
    braked: sql<boolean>`${tenants.brakeAt} is not null`,
    pausedMs: sql<number | null>`(extract(epoch from ${tenants.pauseUntil} - now()) * 1000)::float8`,
    /** Not so long ago that a sweep must have ended well since then. */
    excused: sql<boolean>`coalesce(${tenants.pauseUntil} > now() - ${patience}, false)
      or coalesce(${tenants.brakeReleasedAt} > now() - ${patience}, false)
      or exists (select 1 from ${audit} where audit.tenant = ${tenant} and audit.at > now() - ${patience}
        and audit.action in ('resume', 'pause_expired') and audit.refused is null)`,
    /** A drain takes its time, and a sweep that stops something is not silent. */
    stopping: sql<boolean>`exists (select 1 from ${attempts} where attempts.tenant = ${tenant}
      and attempts.started_at > now() - ${patience} and attempts.outcome in ('stopped', 'already_gone'))`,
    holder: sql<string | null>`case when ${tenants.leaseUntil} > now() then ${tenants.leaseHolder} end`,
    observeError: tenants.observeError,
    breakerMessage: sql<
      string | null
    >`case when ${tenants.breakerOpenedAt} is not null then ${tenants.breakerMessage} end`,
  };
}

/** What is known to stand in the way. */
function becauseOf({ observeError, breakerMessage, holder }: Signs, kind: BackendKind | null): string {
  if (observeError !== null) return `; the platform could not be looked at: ${observeError.replace(/\.$/, '')}`;
  if (breakerMessage !== null) {
    return `; the ${wordsOf(kind).backend} fails as a whole: ${breakerMessage.replace(/\.$/, '')}`;
  }
  return holder === null ? '' : `; the lease is held by ${holder}`;
}

function silence(what: string, { aliveAt, holder }: Pick<Signs, 'aliveAt' | 'holder'>): Notice {
  return {
    kind: 'silence',
    cause: SILENCE,
    summary: `Nobody sweeps: ${what}.`,
    endSummary: 'The silence is over: sweeps run again, or a pause or the brake excuses them.',
    details: { aliveAt, leaseHolder: holder },
  };
}

function isoOf(seconds: number): string {
  return new Date(Math.floor(seconds) * 1000).toISOString().replace('.000', '');
}
