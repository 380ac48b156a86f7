import http from 'node:http';
import type pg from 'pg';

const DUE = `
  select id::text as id, instance_id from workspaces
  where status = 'removed' and instance_id is not null and instance_id <> ''
  order by updated_at desc limit 100`;
const CLEAR = 'update workspaces set instance_id = null, updated_at = now() where id = $1';

/**
 * The published algorithm, written for this comparison: the newest first, one after another, Stop, then update; one that
 * failed is left where it was. It has no attempts, no recheck, no lease and no timeout to pay for. One connection that is
 * kept alive, as here.
 */
export function createPublishedAlgorithm(pool: pg.Pool, controlPlaneUrl: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  const stop = (id: string, instanceId: string): Promise<boolean> =>
    new Promise((resolve) => {
      const url = `${controlPlaneUrl}/cp/workspaces/${id}?instance_id=${instanceId}`;
      const request = http.request(url, { method: 'DELETE', agent }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode === 200));
      });
      request.on('error', () => resolve(false)).end();
    });

  return {
    /** @returns how many calls it made */
    async sweep(): Promise<number> {
      const { rows } = await pool.query<{ id: string; instance_id: string }>(DUE);
      for (const { id, instance_id: instanceId } of rows) {
        if (await stop(id, instanceId)) await pool.query(CLEAR, [id]);
      }
      return rows.length;
    },
    close: () => agent.destroy(),
  };
}
