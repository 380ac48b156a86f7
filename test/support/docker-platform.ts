import { randomUUID } from 'node:crypto';
import { beforeEach } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { type Engine, engineOfFile } from './docker-engine.ts';
import { type Program, startProgram } from './process.ts';
import { until } from './until.ts';
import { createWorld, type World } from './world.ts';

export const MANAGED = { 'molecule.platform.managed': 'true' };

export interface WorkspaceContainer {
  readonly id: string;
  readonly configs: string;
  readonly sessions: string;
}

export interface ContainOptions {
  /** What the container and its volumes are called by; the whole id of the workspace unless told. */
  readonly as?: string;
  readonly volumesAs?: string;
  /** Beside its own two. */
  readonly otherVolumes?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly restart?: 'always' | 'no';
  readonly start?: boolean;
}

/** A platform that hosts itself: its table, and a real Engine with a container for each workspace. */
export interface DockerPlatform {
  readonly world: World;
  readonly engine: Engine;
  /** A row, and nothing else. @returns its id */
  workspace(status: 'online' | 'removed', id?: string): Promise<string>;
  setStatus(id: string, status: 'online' | 'removed'): Promise<void>;
  contain(id: string, options?: ContainOptions): Promise<WorkspaceContainer>;
  /** What its database says removed, and its Engine still runs. */
  leak(options?: ContainOptions): Promise<WorkspaceContainer & { readonly workspaceId: string }>;
  /** The program, as soon as its process is there. */
  launch(settings?: Readonly<Record<string, string>>): Promise<Program>;
  /** The program, when its sweep at boot is over. It sweeps again when it is asked to. */
  start(settings?: Readonly<Record<string, string>>): Promise<DockerProgram>;
  /** Names of containers and volumes that are there. */
  names(): Promise<{ containers: string[]; volumes: string[] }>;
}

export interface DockerProgram {
  readonly program: Program;
  /** One sweep by hand, to its end. */
  sweep(): Promise<Sweep>;
  open(): Promise<OrphanListAnswer['items']>;
  status(): Promise<Status>;
}

/** The first twelve characters of an id, by which the platform also calls containers. */
export const short = (id: string): string => id.slice(0, 12);

/** Each test of a file has its own databases, and the Engine of the file, empty. */
export function dockerPlatformOfFile(): () => DockerPlatform {
  const engine = engineOfFile();
  let platform: DockerPlatform | null = null;
  beforeEach(async () => {
    const world = await createWorld();
    platform = dockerPlatform(world, engine());
    return () => world.close();
  });
  return () => {
    if (platform === null) throw new Error('it is there before the first test, not before');
    return platform;
  };
}

function dockerPlatform(world: World, engine: Engine): DockerPlatform {
  const rows = world.platformDatabase;
  const platform: DockerPlatform = {
    world,
    engine,
    async workspace(status, id = randomUUID()) {
      await rows.query(`insert into ${world.tableName} (id, name, status) values ($1, $2, $3)`, [
        id,
        `of ${short(id)}`,
        status,
      ]);
      return id;
    },
    async setStatus(id, status) {
      await rows.query(`update ${world.tableName} set status = $2, updated_at = now() where id = $1`, [id, status]);
    },
    async contain(
      id,
      { as = id, volumesAs = as, otherVolumes = [], labels = MANAGED, restart = 'no', start = true } = {},
    ) {
      const [configs, sessions] = [`ws-${volumesAs}-configs`, `ws-${volumesAs}-claude-sessions`];
      const volumes = [configs, sessions, ...otherVolumes].map((name) => ({ name, target: `/${name}` }));
      return { id: await engine.run({ name: `ws-${as}`, labels, restart, start, volumes }), configs, sessions };
    },
    async leak(options) {
      const workspaceId = await platform.workspace('removed');
      return { workspaceId, ...(await platform.contain(workspaceId, options)) };
    },
    launch: (settings = {}) =>
      startProgram({
        DATABASE_URL: world.home.url,
        PLATFORM_DATABASE_URL: rows.url,
        BACKEND: 'docker',
        DOCKER_HOST: engine.host,
        SWEEP_INTERVAL_SECONDS: '3600',
        ...settings,
      }),
    async start(settings) {
      const before = (await world.sweeps()).length;
      const program = await platform.launch(settings);
      await program.ready();
      const ended = async () =>
        (await world.sweeps()).slice(before).some(({ trigger, result }) => trigger === 'boot' && result !== 'running');
      await until(ended, { what: 'the sweep at boot to end', timeoutMs: 120_000 });
      return dockerProgram(program);
    },
    async names() {
      const [containers, volumes] = await Promise.all([engine.containers(), engine.volumes()]);
      return {
        containers: containers.flatMap(({ names }) => names).sort(),
        volumes: volumes.map(({ name }) => name).sort(),
      };
    },
  };
  return platform;
}

function dockerProgram(program: Program): DockerProgram {
  return {
    program,
    async sweep() {
      const { body, status, text } = await program.call<Sweep>('/api/sweeps', { method: 'POST' });
      if (status !== 202) throw new Error(`no sweep was begun: ${status} ${text}`);
      const now = async () => (await program.call<Sweep>(`/api/sweeps/${body.id}`)).body;
      await until(async () => (await now()).finishedAt !== null, { what: 'the sweep to end', timeoutMs: 120_000 });
      return now();
    },
    async open() {
      return (await program.call<OrphanListAnswer>('/api/orphans?limit=200')).body.items;
    },
    status: async () => (await program.call<Status>('/api/status')).body,
  };
}
