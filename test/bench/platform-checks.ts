import type pg from 'pg';
import { connect } from '../../server/db/connect.ts';
import { createPlatform } from '../../server/sweep/platform.ts';
import { median } from './figures.ts';

/** What this program asks of the platform's table, in milliseconds. */
export interface CheckTimes {
  readonly lookMs: number;
  /** Own rows and live rows of all the orphans of a sweep, by one statement. */
  readonly recheckMs: number;
}

const TIMES = 9;

/** Through the program's own statements, over a connection that is open already. */
export async function timeChecks(url: string, pool: pg.Pool): Promise<CheckTimes> {
  const database = connect(url, {
    max: 1,
    rowSecurityOff: true,
    onError: (error) => {
      throw error;
    },
  });
  try {
    const platform = createPlatform(database, { schema: 'public', name: 'workspaces' });
    const { rows } = await pool.query<{ workspaceId: string; instanceId: string }>(
      `select id::text as "workspaceId", instance_id as "instanceId" from workspaces
       where status = 'removed' and instance_id is not null and instance_id <> ''`,
    );
    return {
      lookMs: await timed(() => platform.look()),
      recheckMs: await timed(() => platform.recheck(rows)),
    };
  } finally {
    await database.close();
  }
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i <= TIMES; i += 1) {
    const askedMs = performance.now();
    await ask();
    took.push(performance.now() - askedMs);
  }
  // The first opens the connection.
  return median(took.slice(1));
}
