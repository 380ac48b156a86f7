import type { TestDatabase } from './database.ts';
import type { World } from './world.ts';

/** Every fifth orphan is open: they lie between those that are resolved, as in a table that has grown for years. */
export const ORPHANS = 500_000;
export const OPEN = ORPHANS / 5;
/** Every third has attempts; the others found nothing, but for the first. */
const SWEEPS = 63_000;
const PER_SWEEP = 50;
/** The first was a drain of so many. */
const DRAINED = 21_000;
const AUDIT = 60_000;
/** Of which the last ninety are kept: a million attempts wait to be deleted. */
const DAYS = 1_400;

const BEGINNING = `now() - interval '${DAYS} days'`;
/** The moment that is so far along between the beginning and now, in SQL; a number from 0 to 1. */
const moment = (share: string) => `${BEGINNING} + interval '${DAYS} days' * (${share})`;
/** An id that tells what it is of. */
const id = (kind: number, number: string) =>
  `(lpad(to_hex(${kind}), 8, '0') || lpad(to_hex(${number}), 24, '0'))::uuid`;
const orphanId = id(1, 'n');
const workspaceId = id(2, 'n');
const sweepId = (number: string) => id(3, number);
const attemptId = id(4, '(s::bigint * 100000 + k)');
const NAME = `'dev-' || n % 9973 || '-' || n`;
/** In no order that the table has. */
const ORPHANED = `date_trunc('milliseconds', ${moment('((n::bigint * 7919) % 500009) / 500009.0')})`;

const ORPHAN_ROWS = `
  insert into sweeper.orphans
    (id, tenant, workspace_id, workspace_name, instance_id, why, orphaned_at, first_seen_at, failures, attempts,
    first_attempt_at, last_attempt_at, next_attempt_at, stuck_at, last_outcome, last_class, last_fault, last_message,
    last_pattern, last_http_status, last_error_at, cause_since, held_at, held_by, hold_reason, hold_until,
    second_look, resolved_at, resolution)
  select ${orphanId}, 'default', ${workspaceId}::text, ${NAME}, 'i-' || n, 'removed', at, at,
    case when tried then n % 12 else 0 end, case when tried then n % 50 + 1 else 0 end,
    case when tried then at end, case when tried then now() - interval '1 h' end,
    now() + make_interval(secs => n / 5 % 7200 - 3600),
    case when tried and open then now() + make_interval(mins => case when n / 5 % 10 = 0 then 20 else -90 end) end,
    case when tried then case when open then 'failed' else 'stopped' end end::sweeper.outcome,
    case when tried and open then 'rejected' end::sweeper.failure_class,
    case when tried and open then 'orphan' end::sweeper.fault,
    case when tried and open then 'The control plane answered 400: no such zone ' || n end,
    case when tried and open then 'The control plane answered 400: no such zone * in ' || n / 5 % 37 end,
    case when tried and open then 400 end,
    case when tried and open then now() - interval '1 h' end, case when tried and open then at end,
    case when held then now() - interval '1 h' end, case when held then 'Anna' end,
    case when held then 'is looked at' end, case when held then now() + interval '7 days' end,
    case when not open then 'confirmed' end::sweeper.second_look,
    case when not open then at + interval '1 h' end,
    case when not open then 'stopped' end::sweeper.resolution
  from (
    select n, ${ORPHANED} as at, n % 5 = 0 as open, n % 5 <> 0 or n / 5 % 100 < 30 as tried,
      n % 5 = 0 and n / 5 % 100 = 99 as held
    from generate_series(1, ${ORPHANS}) as n
  ) as numbered`;

const SWEEP_ROWS = `
  insert into sweeper.sweeps
    (id, tenant, trigger, requested_at, started_at, finished_at, result, counts, claimed, open, stuck, replica)
  select ${sweepId('n')}, 'default', 'interval', at, at, at + interval '20 seconds',
    case when n % 3 = 0 or n = 1 then 'partial' else 'nothing_to_do' end::sweeper.sweep_result,
    case when n % 3 = 0 then '{"failed": 31, "stopped": 19}' else '{}' end::jsonb,
    case when n % 3 = 0 then ${PER_SWEEP} else 0 end, ${OPEN}, 30000, 'past'
  from (select n, ${moment(`n / ${SWEEPS + 1}.0`)} as at from generate_series(1, ${SWEEPS}) as n) as numbered`;

const attemptRows = (from: string) => `
  insert into sweeper.attempts
    (id, tenant, sweep_id, orphan_id, workspace_id, workspace_name, instance_id, started_at, finished_at, outcome, class,
    fault, http_status, message, called, request_id, replica)
  select ${attemptId}, 'default', ${sweepId('s')}, ${orphanId},
    ${workspaceId}::text, ${NAME}, 'i-' || n, at, at + interval '1 s', outcome,
    case when outcome = 'failed' then 'rejected' end::sweeper.failure_class,
    case when outcome = 'failed' then 'orphan' end::sweeper.fault,
    case when outcome = 'failed' then 400 end,
    case when outcome = 'failed' then 'The control plane answered 400: no such zone ' || n end,
    outcome <> 'would_stop', ${attemptId}::text, 'past'
  from (
    select s, k, n, ${moment(`s / ${SWEEPS + 1}.0`)} + make_interval(secs => k * 0.001) as at,
      -- The last days were a dry run.
      case when s > ${SWEEPS} * 0.95 then 'would_stop' when k % 8 < 5 then 'failed' else 'stopped' end::sweeper.outcome as outcome
    from (${from}) as made
  ) as numbered`;

/** The first of each is the orphan that fails in every sweep. */
const ATTEMPTS_OF_SWEEPS = `
  select s * 3 as s, k, case when k = 0 then 5 else (s::bigint * ${PER_SWEEP} + k) % ${ORPHANS} + 1 end as n
  from generate_series(1, ${SWEEPS / 3}) as s, generate_series(0, ${PER_SWEEP - 1}) as k`;
const ATTEMPTS_OF_DRAIN = `
  select 1 as s, k, k as n from generate_series(1, ${DRAINED}) as k`;

const SAMPLE_ROWS = `
  insert into sweeper.samples (tenant, at, open, stuck)
  select 'default', date_trunc('minute', now()) - make_interval(mins => n), ${OPEN}, 30000
  from generate_series(1, 89 * 1440) as n`;

const AUDIT_ROWS = `
  insert into sweeper.audit (tenant, at, actor, action, target)
  select 'default', ${moment(`n / ${AUDIT + 1}.0`)}, 'Anna', 'hold', n::text
  from generate_series(1, ${AUDIT}) as n`;

/** What years leave behind, by and large as the product would have written it. */
export async function fillHome(home: TestDatabase): Promise<void> {
  const client = await home.pool.connect();
  try {
    // Every attempt has its sweep and its orphan: they need not be looked up a million times.
    await client.query('set session_replication_role = replica; set synchronous_commit = off');
    for (const rows of [
      ORPHAN_ROWS,
      SWEEP_ROWS,
      attemptRows(ATTEMPTS_OF_SWEEPS),
      attemptRows(ATTEMPTS_OF_DRAIN),
      SAMPLE_ROWS,
      AUDIT_ROWS,
    ]) {
      await client.query(rows);
    }
    await client.query('vacuum analyze');
  } finally {
    await client.query('reset session_replication_role');
    client.release();
  }
}

/** The platform lists exactly what is open. */
export async function fillPlatform({ platformDatabase, tableName }: World): Promise<void> {
  await platformDatabase.query(`
    insert into ${tableName} (id, name, status, instance_id, updated_at)
    select ${workspaceId}, ${NAME}, 'removed', 'i-' || n, ${ORPHANED}
    from generate_series(5, ${ORPHANS}, 5) as n;
    insert into ${tableName} (id, name, status, instance_id)
    select gen_random_uuid(), 'live-' || n, 'online', 'live-' || n from generate_series(1, 1000) as n;
    analyze ${tableName}`);
}

/** What one orphan, and one sweep, has so many attempts of that they fill a thousand pages. */
export const MOST_TRIED = '00000002-0000-0000-0000-000000000005';
export const DRAIN = '00000003-0000-0000-0000-000000000001';

/** All that leaked run still. */
export async function launchInstances({ platformDatabase, tableName, controlPlane }: World): Promise<void> {
  const { rows } = await platformDatabase.query<{ id: string; instance_id: string }>(
    `select id::text as id, instance_id from ${tableName} where status = 'removed'`,
  );
  for (const row of rows) controlPlane.launch({ workspaceId: row.id, instanceId: row.instance_id });
}
