import pg from 'pg';
import { vi } from 'vitest';
import type { TestDatabase } from './database.ts';

/** How PostgreSQL has carried out one statement. */
export interface Carried {
  readonly text: string;
  readonly ms: number;
  /** Pages it looked at, in memory or not: what a plan costs, however fast the machine is. */
  readonly buffers: number;
  /** The tables that it read from one end to the other. */
  readonly readWhole: readonly string[];
  /** How many rows of each table it looked at, those included that it had no use for. */
  readonly lookedAt: ReadonlyMap<string, number>;
  /** All of it, for a failure's message. */
  readonly plan: string;
}

export interface Plans {
  /** The statements that were carried out meanwhile, in the order in which they ended. */
  during(run: () => Promise<unknown>): Promise<readonly Carried[]>;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

interface Explained {
  readonly 'Query Text': string;
  readonly Plan: PlanNode;
}

/** From now on every new session on this database tells its client how each of its statements was carried out. */
export async function tellPlans(database: TestDatabase): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  for (const [setting, value] of [
    ['session_preload_libraries', 'auto_explain'],
    ['auto_explain.log_min_duration', '0'],
    ['auto_explain.log_analyze', 'on'],
    ['auto_explain.log_buffers', 'on'],
    // Asking the clock for every row would take longer than many a plan.
    ['auto_explain.log_timing', 'off'],
    ['auto_explain.log_format', 'json'],
    ['auto_explain.log_level', 'notice'],
    // No million digits of parameters for the rows of a look.
    ['auto_explain.log_parameter_max_length', '100'],
  ] as const) {
    await database.query(`alter database ${name} set ${setting} = '${value}'`);
  }
}

/** Listens to every client that connects from now on. */
export function listenToPlans(): Plans {
  let carried: Carried[] = [];
  const connect = pg.Client.prototype.connect;
  vi.spyOn(pg.Client.prototype, 'connect').mockImplementation(function (this: pg.Client, ...args) {
    this.on('notice', ({ message }) => {
      const [, ms, json] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message ?? '') ?? [];
      if (json !== undefined) carried.push(carriedOut(Number(ms), json));
    });
    return Reflect.apply(connect, this, args);
  });
  return {
    async during(run) {
      carried = [];
      await run();
      return carried;
    },
  };
}

function carriedOut(ms: number, json: string): Carried {
  const { 'Query Text': text, Plan: root }: Explained = JSON.parse(json);
  return {
    text,
    ms,
    buffers: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
    readWhole: nodesOf(root).flatMap((node) => (node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : [])),
    lookedAt: lookedAt(root),
    plan: json,
  };
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

function lookedAt(root: PlanNode): Map<string, number> {
  const counted = new Map<string, number>();
  for (const node of nodesOf(root)) {
    const { 'Relation Name': table, 'Node Type': type } = node;
    if (table === undefined || type === 'ModifyTable') continue;
    const { 'Rows Removed by Filter': filtered = 0, 'Rows Removed by Index Recheck': rechecked = 0 } = node;
    const rows = (node['Actual Rows'] + filtered + rechecked) * node['Actual Loops'];
    counted.set(table, (counted.get(table) ?? 0) + Math.round(rows));
  }
  return counted;
}
