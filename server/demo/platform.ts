import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

/** How long this platform waits for its control plane. */
const CALL_TIMEOUT_MS = 5_000;

export interface SimulatedPlatformOptions {
  readonly pool: Pool;
  readonly controlPlaneUrl: string;
  readonly credentials?: { readonly sharedSecret?: string; readonly adminToken?: string };
  /** With its schema. */
  readonly table?: string;
  readonly statusType?: 'enum' | 'text';
  readonly idType?: 'uuid' | 'text';
}

export interface WorkspaceRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly instance_id: string | null;
  readonly updated_at: Date;
}

export interface Removal {
  /** What the user sees: 200 done, 404 no such workspace, 410 removed before, 500 it went wrong half way. */
  readonly status: 200 | 404 | 410 | 500;
}

/**
 * A platform that leaks. It removes a workspace by the split write: the row first, in a transaction of its own, then
 * the control plane over HTTP; when the second fails the user gets a 500, and nothing ever tries again.
 */
export interface SimulatedPlatform {
  /** Creates the schema, the enum and the table; the recommended indexes only when asked. */
  install(options?: { readonly indexes?: boolean }): Promise<void>;
  /** A workspace that is online, with a running instance; its name is invented if absent. */
  create(name?: string): Promise<WorkspaceRow>;
  /** `between` runs after the first half and before the second. */
  remove(id: string, between?: () => Promise<void>): Promise<Removal>;
  /** Takes a removal back: online again, with whatever instance id the row still has. */
  restore(id: string): Promise<WorkspaceRow>;
  /** A new instance for the workspace, which is online again. Nobody stops the one before. */
  reprovision(id: string): Promise<WorkspaceRow>;
  /** Deletes the row itself. */
  destroy(id: string): Promise<void>;
  rows(): Promise<WorkspaceRow[]>;
}

export function createPlatform(options: SimulatedPlatformOptions): SimulatedPlatform {
  const { pool } = options;
  const { schema, table } = quoted(options.table ?? 'public.workspaces');
  const columns = 'id::text as id, name, status::text as status, instance_id, updated_at';

  async function change(sql: string, values: readonly unknown[]): Promise<WorkspaceRow> {
    const { rows } = await pool.query<WorkspaceRow>(`${sql} returning ${columns}`, [...values]);
    const row = rows[0];
    if (row === undefined) throw new Error(`there is no workspace ${String(values[0])}`);
    return row;
  }

  async function launch(id: string): Promise<string> {
    const response = await callControlPlane(options, 'POST', id, '');
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null && 'instance_id' in body && typeof body.instance_id === 'string') {
      return body.instance_id;
    }
    throw new Error(`the control plane launched nothing: ${response.status} ${JSON.stringify(body)}`);
  }

  /** The second half of a removal. */
  async function terminate(id: string): Promise<boolean> {
    const { rows } = await pool.query<WorkspaceRow>(`select ${columns} from ${table} where id = $1`, [id]);
    const instanceId = rows[0]?.instance_id ?? null;
    if (instanceId === null) return true;
    try {
      const response = await callControlPlane(options, 'DELETE', id, `?instance_id=${encodeURIComponent(instanceId)}`);
      await response.arrayBuffer();
      return response.ok;
    } catch (error) {
      // This is the bug that is reproduced here: a failed call becomes a 500, and the row stays as it is.
      if (error instanceof Error) return false;
      throw error;
    }
  }

  return {
    async install({ indexes = false } = {}) {
      await pool.query(tableStatements(schema, table, options));
      if (indexes) await pool.query(indexStatements(table));
    },
    async create(name = inventName()) {
      const id = randomUUID();
      const instanceId = await launch(id);
      const sql = `insert into ${table} (id, name, status, instance_id) values ($1, $2, 'online', $3)`;
      return change(sql, [id, name, instanceId]);
    },
    async remove(id, between = async () => undefined) {
      const first = `update ${table} set status = 'removed', updated_at = now() where id = $1 and status <> 'removed'`;
      if ((await pool.query(first, [id])).rowCount === 0) {
        const { rowCount } = await pool.query(`select from ${table} where id = $1`, [id]);
        return { status: rowCount === 0 ? 404 : 410 };
      }
      await between();
      if (!(await terminate(id))) return { status: 500 };
      await pool.query(`update ${table} set instance_id = null, updated_at = now() where id = $1`, [id]);
      return { status: 200 };
    },
    restore: (id) => change(`update ${table} set status = 'online', updated_at = now() where id = $1`, [id]),
    async reprovision(id) {
      const instanceId = await launch(id);
      const sql = `update ${table} set status = 'online', instance_id = $2, updated_at = now() where id = $1`;
      return change(sql, [id, instanceId]);
    },
    destroy: async (id) => void (await change(`delete from ${table} where id = $1`, [id])),
    async rows() {
      return (await pool.query<WorkspaceRow>(`select ${columns} from ${table} order by created_at, id`)).rows;
    },
  };
}

function callControlPlane(
  { controlPlaneUrl, credentials = {} }: SimulatedPlatformOptions,
  method: 'POST' | 'DELETE',
  workspaceId: string,
  query: string,
): Promise<Response> {
  const headers: Record<string, string> = { 'user-agent': 'simulated-platform' };
  if (credentials.sharedSecret !== undefined) headers['authorization'] = `Bearer ${credentials.sharedSecret}`;
  if (credentials.adminToken !== undefined) headers['x-molecule-admin-token'] = credentials.adminToken;
  const url = `${controlPlaneUrl}/cp/workspaces/${encodeURIComponent(workspaceId)}${query}`;
  return fetch(url, { method, headers, signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
}

function quoted(name: string): { schema: string; table: string } {
  const parts = name.split('.').map((part) => `"${part.replaceAll('"', '""')}"`);
  const [schema, table] = parts;
  if (schema === undefined || table === undefined || parts.length !== 2) {
    throw new Error(`a table is named with its schema, as in public.workspaces; this is ${name}`);
  }
  return { schema, table: `${schema}.${table}` };
}

function tableStatements(schema: string, table: string, options: SimulatedPlatformOptions): string {
  const statusType = options.statusType === 'text' ? 'text' : `${schema}.workspace_status`;
  // Two platforms may live in one schema; "create type" has no "if not exists".
  const type = `do $$ begin
    create type ${schema}.workspace_status as enum ('provisioning', 'online', 'paused', 'failed', 'removed');
  exception when duplicate_object then null; end $$;`;
  return `
    create schema if not exists ${schema};
    ${options.statusType === 'text' ? '' : type}
    create table ${table} (
      id ${options.idType ?? 'uuid'} primary key,
      name text not null,
      status ${statusType} not null default 'provisioning',
      instance_id text,
      owner_email text,
      tier integer not null default 1,
      created_at timestamptz not null default clock_timestamp(),
      updated_at timestamptz not null default now()
    )`;
}

/** What the sweeper recommends to platforms of any size. */
function indexStatements(table: string): string {
  return `
    create index on ${table} (updated_at)
      where status = 'removed' and instance_id is not null and instance_id <> '';
    create index on ${table} (instance_id) where instance_id is not null`;
}

const PEOPLE = [
  'mara',
  'jonas',
  'ayumi',
  'tobias',
  'leila',
  'henrik',
  'noor',
  'pavel',
  'ines',
  'kofi',
  'greta',
  'wanjiru',
];
const PLACES = [
  'harbour',
  'orchard',
  'lantern',
  'granite',
  'willow',
  'ember',
  'meadow',
  'glacier',
  'saffron',
  'juniper',
];

/** A name as people give to their workspaces. */
function inventName(): string {
  const one = <T>(list: readonly T[]): T | undefined => list[Math.floor(Math.random() * list.length)];
  return `${one(PEOPLE)}-${one(PLACES)}-${Math.floor(Math.random() * 100)}`;
}
