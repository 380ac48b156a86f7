import type pg from 'pg';
import { recommendedIndexes } from '../../server/db/platform-index.ts';
import { createPlatform } from '../../server/demo/platform.ts';
import type { BenchControlPlane } from './control-plane.ts';

/** The platform's table, big. */
export interface Workspaces {
  /** Lets so many removed workspaces have an instance again, each a new one: the oldest first in the list. */
  leak(count: number): Promise<void>;
  /** As if these had leaked too, without asking the control plane: for looking, not for stopping. */
  pretendLeaked(count: number): Promise<void>;
  /** How many orphans there are. */
  leaked(): Promise<number>;
  buildIndexes(): Promise<void>;
}

/** Shares as on a platform that has been running for years: most of what was created is still there, in some state. */
const SEED = `
  insert into workspaces (id, name, status, instance_id, updated_at)
  select gen_random_uuid(), 'workspace-' || n, status::workspace_status,
    case when status in ('online', 'paused', 'failed') then 'i-' || md5(n::text) end,
    now() - make_interval(secs => 86400 + random() * 365 * 86400)
  from (
    select n, case
      when n % 100 < 55 then 'online' when n % 100 < 70 then 'paused' when n % 100 < 72 then 'failed'
      when n % 100 < 73 then 'provisioning' else 'removed' end as status
    from generate_series(1, $1::int) as n
  ) as rows`;

const LEAKED = `status = 'removed' and instance_id is not null and instance_id <> ''`;

export async function seedWorkspaces(pool: pg.Pool, controlPlane: BenchControlPlane, rows: number) {
  await createPlatform({ pool, controlPlaneUrl: controlPlane.url }).install();
  await pool.query(SEED, [rows]);
  await launchSome(pool, controlPlane);
  await pool.query('vacuum (analyze) workspaces');
  return workspacesIn(pool, controlPlane);
}

/** The live ones that were changed last exist: else the control plane would seem to be another platform's. */
async function launchSome(pool: pg.Pool, controlPlane: BenchControlPlane): Promise<void> {
  const { rows } = await pool.query<{ id: string }>(`select id from workspaces where status = 'online' limit 5`);
  const ids = rows.map((row) => row.id);
  await pool.query(
    `update workspaces set instance_id = launched.instance_id, updated_at = now()
     from unnest($1::uuid[], $2::text[]) as launched (id, instance_id) where workspaces.id = launched.id`,
    [ids, await controlPlane.launch(ids)],
  );
}

export function workspacesIn(pool: pg.Pool, controlPlane: BenchControlPlane): Workspaces {
  return {
    async leak(count) {
      const { rows } = await pool.query<{ id: string }>(
        `select id from workspaces where status = 'removed' and instance_id is null order by id limit $1`,
        [count],
      );
      const ids = rows.map((row) => row.id);
      if (ids.length < count) throw new Error(`only ${ids.length} workspaces are removed`);
      await pool.query(
        `update workspaces set instance_id = launched.instance_id, updated_at = now() - n * interval '1 minute'
         from unnest($1::uuid[], $2::text[]) with ordinality as launched (id, instance_id, n)
         where workspaces.id = launched.id`,
        [ids, await controlPlane.launch(ids)],
      );
    },
    async pretendLeaked(count) {
      await pool.query(
        `update workspaces set instance_id = 'i-' || md5(id::text) where id in (
           select id from workspaces where status = 'removed' and instance_id is null limit $1)`,
        [count],
      );
      await pool.query('vacuum (analyze) workspaces');
    },
    async leaked() {
      const { rows } = await pool.query<{ count: number }>(
        `select count(*)::int as count from workspaces where ${LEAKED}`,
      );
      return rows[0]?.count ?? 0;
    },
    async buildIndexes() {
      for (const { sql } of recommendedIndexes({ schema: 'public', name: 'workspaces' })) await pool.query(sql);
      await pool.query('vacuum (analyze) workspaces');
    },
  };
}
