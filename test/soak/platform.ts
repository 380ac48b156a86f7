import pg from 'pg';
import { recommendedIndexes } from '../../server/db/platform-index.ts';
import type { Closing } from '../../server/demo/closing.ts';
import { createPlatform } from '../../server/demo/platform.ts';

/** A platform on which workspaces come and go. */
export interface BusyPlatform {
  /** So many workspaces are created and removed, and leak; a few of those that leaked come back to life, or vanish. */
  goOn(leaks: number): Promise<void>;
}

const LEAK = `
  insert into workspaces (id, name, status, instance_id, updated_at)
  select gen_random_uuid(), 'soak-' || n, 'removed', 'i-' || replace(gen_random_uuid()::text, '-', ''), now()
  from generate_series(1, $1::int) as n`;
const LEAKED = `select id from workspaces where status = 'removed' and instance_id is not null order by random() limit`;
const CHANGES = [
  `update workspaces set status = 'online' where id in (${LEAKED} 2)`,
  `update workspaces set instance_id = null where id in (${LEAKED} 2)`,
  `delete from workspaces where id in (${LEAKED} 1)`,
  // What nobody looks at any more, so that the platform's table stays as big as it is.
  `delete from workspaces where status = 'removed' and instance_id is null`,
];

export async function createBusyPlatform(url: string, closing: Closing): Promise<BusyPlatform> {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  closing.add(() => pool.end());
  await createPlatform({ pool, controlPlaneUrl: 'http://127.0.0.1' }).install();
  for (const { sql } of recommendedIndexes({ schema: 'public', name: 'workspaces' })) await pool.query(sql);
  await pool.query(`insert into workspaces (id, name, status) values (gen_random_uuid(), 'lives', 'online')`);
  return {
    async goOn(leaks) {
      await pool.query(LEAK, [leaks]);
      for (const change of CHANGES) await pool.query(change);
    },
  };
}
