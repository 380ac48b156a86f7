import type { Act } from '../../server/sweep/audit.ts';
import type { World } from './world.ts';

export const ANNA: Act = {
  actor: 'Anna',
  verified: false,
  address: '192.0.2.1',
  requestId: 'r-1',
  reason: 'migration',
};

export interface AuditRow {
  readonly actor: string | null;
  readonly verified: boolean;
  readonly address: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly reason: string | null;
  readonly refused: string | null;
  readonly request_id: string | null;
}

/** What was written down, the oldest first. */
export async function audited(world: World): Promise<AuditRow[]> {
  const { rows } = await world.home.query<AuditRow>(
    `select actor, verified, address, action, target, reason, refused, request_id
     from sweeper.audit order by at, action, target`,
  );
  return rows;
}

/** In how long something ends, as a call takes it. */
export function minutesFromNow(minutes: number): Date {
  return new Date(Date.now() + minutes * 60_000);
}

/** Every row of every table of ours but the audit, found in the catalogue; without when the platform was looked at. */
export async function everything(world: World): Promise<Record<string, unknown[]>> {
  const { rows: tables } = await world.home.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'sweeper' and table_name not in ('audit', 'migrations', 'samples') order by 1`,
  );
  const found: Record<string, unknown[]> = {};
  for (const { name } of tables) {
    const { rows } = await world.home.query<{ row: unknown }>(
      `select to_jsonb(t) - 'observed_at' - 'observe_ms' as row from sweeper.${name} as t order by 1`,
    );
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}

/** From now on nothing can be written down: what belongs to it must not happen either. */
export async function refuseAudit(world: World): Promise<void> {
  await world.home.query(`
    create or replace function sweeper.refuse_audit() returns trigger language plpgsql as $$
      begin raise exception 'no ink'; end $$;
    create trigger refuse_audit before insert on sweeper.audit for each row execute function sweeper.refuse_audit()`);
}

export async function allowAudit(world: World): Promise<void> {
  await world.home.query('drop trigger if exists refuse_audit on sweeper.audit');
}

export async function latchBrake(world: World, newOrphans = 1_204): Promise<void> {
  await world.home.query(
    'update sweeper.tenants set brake_at = now(), brake_orphans = $1, excused_since = coalesce(excused_since, now())',
    [newOrphans],
  );
}

/** A workspace that was restored while its instance was being stopped. */
export async function stoppedLive(world: World): Promise<string> {
  const { id } = await world.leak();
  await world.observe();
  await world.platform.restore(id);
  await world.home.query(
    `update sweeper.orphans set last_outcome = 'stopped_live', stuck_at = now() where workspace_id = $1`,
    [id],
  );
  return id;
}
