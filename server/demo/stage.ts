import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { refuseForeign, type ThrowawayDatabase } from '../db/throwaway.ts';
import { type SimulatedControlPlane, startControlPlane } from './control-plane.ts';
import { OPENING, type Opening } from './opening.ts';
import { createPlatform, type SimulatedPlatform, type WorkspaceRow } from './platform.ts';
import type { DemoClock, Happening } from './script.ts';

export interface StageOptions {
  readonly database: Pick<ThrowawayDatabase, 'url' | 'directory'>;
  readonly clock: DemoClock;
  /** From [0, 1). */
  readonly random: () => number;
  /** A connection to the platform's database broke. */
  readonly onError: (error: Error) => void;
}

/** The platform that has leaked, and its control plane: all that the demo shows and that is not the program itself. */
export interface Stage {
  readonly platformUrl: string;
  readonly controlPlaneUrl: string;
  readonly sharedSecret: string;
  perform(happening: Happening): Promise<void>;
  /** The database stays: whoever has started it stops it. */
  close(): Promise<void>;
}

/** A Stop takes as long as in a cloud, or the first sweep would be over before a browser is open. */
const STOP_TAKES_MS = { least: 700, most: 2_200 };
const PLATFORM = 'platform';

/** @throws before anything was written, when the database is not the one that was started for this */
export async function setStage({ database, clock, random, onError }: StageOptions): Promise<Stage> {
  await refuseForeign(database);
  const platformUrl = await createDatabase(database.url);
  const sharedSecret = randomBytes(16).toString('hex');
  const plane = await startControlPlane({ sharedSecret });
  const pool = new pg.Pool({ connectionString: platformUrl, max: 3 });
  pool.on('error', onError);
  const platform = createPlatform({ pool, controlPlaneUrl: plane.url, credentials: { sharedSecret } });
  const ended = new AbortController();
  const takeTime = (instanceId: string): void => {
    const ms = STOP_TAKES_MS.least + (STOP_TAKES_MS.most - STOP_TAKES_MS.least) * random();
    plane.onStop(instanceId, () => clock.delay(ms, ended.signal));
  };
  const close = async (): Promise<void> => {
    ended.abort();
    await plane.close();
    await pool.end();
  };
  const parts = { plane, platform, pool, takeTime };
  try {
    await open(parts);
  } catch (error) {
    await close();
    throw error;
  }
  const { url: controlPlaneUrl } = plane;
  return { platformUrl, controlPlaneUrl, sharedSecret, perform: (happening) => perform(parts, happening), close };
}

async function createDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  // What breaks is thrown by the statement under way, or by the next; without a listener it would end the process, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(`create database ${PLATFORM}`);
  } finally {
    await client.end();
  }
  const platformUrl = new URL(url);
  platformUrl.pathname = `/${PLATFORM}`;
  return platformUrl.href;
}

interface Parts {
  readonly plane: SimulatedControlPlane;
  readonly platform: SimulatedPlatform;
  readonly pool: pg.Pool;
  /** The Stops of an instance last as they do in a cloud. */
  readonly takeTime: (instanceId: string) => void;
}

/** Everything that leaked before the program starts leaks here, by the platform's own split write. */
async function open({ plane, platform, pool, takeTime }: Parts): Promise<void> {
  await platform.install({ indexes: true });
  const opened: { opening: Opening; row: WorkspaceRow }[] = [];
  for (const opening of OPENING) opened.push({ opening, row: await platform.create(opening.name) });

  await plane.startOutage('503');
  for (const { opening, row } of opened) {
    if (opening.leakedMinutesAgo === null) continue;
    const { status } = await platform.remove(row.id);
    if (status !== 500) throw new Error(`the removal of ${opening.name} was answered ${status}, so nothing leaked`);
  }
  await plane.endOutage();

  await pool.query("update public.workspaces set created_at = created_at - interval '12 days'");
  for (const { opening, row } of opened) {
    const { leakedMinutesAgo, trouble } = opening;
    if (leakedMinutesAgo === null) continue;
    const launched = row.instance_id ?? '';
    const instanceId = trouble?.miswritten?.(launched) ?? launched;
    await pool.query(
      'update public.workspaces set instance_id = $2, updated_at = now() - make_interval(mins => $3) where id = $1',
      [row.id, instanceId, leakedMinutesAgo],
    );
    takeTime(instanceId);
    if (trouble !== undefined) plane.fail(instanceId, trouble.fault);
  }
}

async function perform({ plane, platform, takeTime }: Parts, happening: Happening): Promise<void> {
  switch (happening.kind) {
    case 'creation':
      await platform.create();
      return;
    case 'outage begins':
      return plane.startOutage(happening.outage);
    case 'outage ends':
      return plane.endOutage();
    case 'removal': {
      const oldest = (await platform.rows()).find(({ status }) => status === 'online');
      if (oldest === undefined || oldest.instance_id === null) throw new Error('no workspace is left to be removed');
      if (happening.fails) plane.fail(oldest.instance_id, { kind: 'status', status: 502, times: 1 });
      const { status } = await platform.remove(oldest.id);
      // Not before: the platform itself does not wait.
      if (status !== 200) takeTime(oldest.instance_id);
    }
  }
}
