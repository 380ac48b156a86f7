import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startThrowaway, type ThrowawayDatabase } from '../../server/db/throwaway.ts';
import { type Happening, play, script } from '../../server/demo/script.ts';
import { type Stage, setStage } from '../../server/demo/stage.ts';
import { createTestDatabase } from '../support/database.ts';

let database: ThrowawayDatabase;
let stage: Stage;
let pool: pg.Pool;

/** Time that goes by only when somebody waits, and then at once. */
const clock = (() => {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    delay: async (ms: number) => {
      nowMs += ms;
    },
  };
})();

function raise(error: unknown): never {
  throw error;
}

beforeAll(async () => {
  database = await startThrowaway('orphan-sweeper-test-demo', pino({ level: 'silent' }));
  stage = await setStage({ database, clock, random: Math.random, onError: raise });
  pool = new pg.Pool({ connectionString: stage.platformUrl, max: 2 });
});
afterAll(async () => {
  await pool.end();
  await stage.close();
  await database.stop();
});

const LEAKED = "status = 'removed' and instance_id is not null and instance_id <> ''";

interface Leak {
  readonly id: string;
  readonly name: string;
  readonly instance_id: string;
  readonly days: number;
}
async function leaks(): Promise<Leak[]> {
  const { rows } = await pool.query<Leak>(
    `select id::text, name, instance_id, (extract(epoch from now() - updated_at) / 86400)::float8 as days
     from public.workspaces where ${LEAKED} order by updated_at`,
  );
  return rows;
}
async function countOf(where: string): Promise<number> {
  const { rowCount } = await pool.query(`select from public.workspaces where ${where}`);
  return rowCount ?? Number.NaN;
}

/** As the program does. */
async function stop({ id, instance_id }: Leak): Promise<number> {
  const url = `${stage.controlPlaneUrl}/cp/workspaces/${id}?instance_id=${encodeURIComponent(instance_id)}`;
  const response = await fetch(url, { method: 'DELETE', headers: { authorization: `Bearer ${stage.sharedSecret}` } });
  await response.arrayBuffer();
  return response.status;
}
const stateOf = async ({ id, instance_id }: Leak) => {
  const instance = instance_id.replace(/^.*\//, '');
  const url = `${stage.controlPlaneUrl}/cp/workspaces/${id}/status?instance_id=${instance}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${stage.sharedSecret}` } });
  const body: unknown = await response.json();
  return body;
};

describe('the demo’s platform', () => {
  it('has 14 workspaces, of which 9 leaked at different times of the last three days, and their instances run', async () => {
    expect(await countOf('true')).toBe(14);
    expect(await countOf("status = 'online'")).toBe(5);
    const found = await leaks();
    expect(found).toHaveLength(9);
    const days = found.map((leak) => leak.days);
    expect(new Set(days).size).toBe(9);
    expect(Math.max(...days)).toBeGreaterThan(2);
    expect(Math.max(...days)).toBeLessThan(3);
    expect(Math.min(...days)).toBeLessThan(1 / 24);
    for (const leak of found) expect(await stateOf(leak)).toEqual({ state: 'running' });
    expect(await countOf('created_at > updated_at')).toBe(0);
  });

  it('has one that answers 503 twice and heals, one that is malformed for ever, one that is accepted and runs on', async () => {
    const answers = new Map<string, number[]>();
    for (const leak of await leaks()) {
      const statuses = [];
      for (let tries = 0; tries < 4; tries += 1) statuses.push(await stop(leak));
      answers.set(leak.name, statuses);
    }
    const troubled = [...answers].filter(([, statuses]) => statuses[0] !== 200);
    expect(troubled.map(([, statuses]) => statuses)).toEqual([
      [503, 503, 200, 200],
      [400, 400, 400, 400],
      [202, 202, 202, 202],
    ]);
    const [, malformed, accepted] = troubled.map(([name]) => name);
    for (const leak of await leaks()) {
      const runsOn = leak.name === malformed || leak.name === accepted;
      expect(await stateOf(leak)).toEqual({ state: runsOn ? 'running' : 'terminated' });
    }
  });

  it('leaks, breaks and heals as the script says', async () => {
    const already = (await leaks()).length;
    const told: { happening: Happening; leaked: number; living: number }[] = [];
    const ended = new AbortController();
    const perform = async (happening: Happening) => {
      const leakedBefore = (await leaks()).length;
      const livingBefore = await countOf("status = 'online'");
      await stage.perform(happening);
      const leaked = (await leaks()).length - leakedBefore;
      told.push({ happening, leaked, living: (await countOf("status = 'online'")) - livingBefore });
      if (told.filter((one) => one.happening.kind === 'outage ends').length === 3) ended.abort();
    };
    await play({ cues: script(), clock, perform, onError: raise }, ended.signal);

    let away = false;
    for (const { happening, leaked, living } of told) {
      if (happening.kind === 'outage begins') away = true;
      if (happening.kind === 'outage ends') away = false;
      const leaks = happening.kind === 'removal' && (happening.fails || away);
      expect({ happening, leaked }).toEqual({ happening, leaked: leaks ? 1 : 0 });
      expect(living).toBe({ creation: 1, removal: -1, 'outage begins': 0, 'outage ends': 0 }[happening.kind]);
    }
    const newest = (await leaks()).slice(already);
    expect(newest.length).toBe(3 * 4);
    for (const leak of newest) {
      expect(await stateOf(leak)).toEqual({ state: 'running' });
      expect(await stop(leak)).toBe(200);
    }
  });

  it('answers nobody during an outage', async () => {
    const [leak] = await leaks();
    if (leak === undefined) throw new Error('nothing has leaked');
    await stage.perform({ kind: 'outage begins', outage: 'refuse' });
    await expect(stop(leak)).rejects.toThrow('fetch failed');
    await stage.perform({ kind: 'outage ends' });
    await stage.perform({ kind: 'outage begins', outage: '503' });
    expect(await stop(leak)).toBe(503);
    await stage.perform({ kind: 'outage ends' });
    expect(await stop(leak)).toBe(200);
  });
});

describe('a database that was not started for it', () => {
  it('is refused before anything is written', async () => {
    const foreign = await createTestDatabase();
    const broken = setStage({
      database: { url: foreign.url, directory: database.directory },
      clock,
      random: Math.random,
      onError: raise,
    });
    await expect(broken).rejects.toThrow(/^Refused: this database is in .*, and the one that was started/);
    expect(inject('postgresDirectory')).not.toBe(database.directory);
    const { rows } = await foreign.query("select datname from pg_database where datname = 'platform'");
    expect(rows).toEqual([]);
    const { rows: tables } = await foreign.query("select from information_schema.tables where table_schema = 'public'");
    expect(tables).toEqual([]);
    await foreign.drop();
  });
});
