import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach } from 'vitest';
import { busyboxImage } from './busybox-image.ts';
import { createDaemon } from './docker-daemon.ts';
import { isRoot } from './embedded-cases.ts';
import { callEngine, type EngineAnswer, type EngineCall } from './engine-calls.ts';
import { findInstalled } from './installed.ts';

export interface RunOptions {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly volumes?: readonly { readonly name: string; readonly target: string }[];
  readonly restart?: 'always' | 'no';
  /** Of busybox, with its path; sleeps unless told. */
  readonly command?: readonly string[];
  /** It is unless told. */
  readonly start?: boolean;
}

export interface EngineContainer {
  readonly id: string;
  readonly names: readonly string[];
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface EngineVolume {
  readonly name: string;
  readonly createdAt: string;
}

/** A real Docker Engine that nobody else uses. */
export interface Engine {
  readonly host: string;
  readonly socket: string;
  /** @returns the id of the container */
  run(options: RunOptions): Promise<string>;
  createVolume(name: string): Promise<void>;
  /** All of them, those that ended too. */
  containers(): Promise<EngineContainer[]>;
  /** By their names: the Engine has them in no order. */
  volumes(): Promise<EngineVolume[]>;
  inspect(id: string): Promise<{ readonly id: string; readonly name: string; readonly state: string } | null>;
  remove(id: string): Promise<void>;
  removeVolume(name: string): Promise<void>;
  stop(id: string): Promise<void>;
  pause(id: string): Promise<void>;
  /** Neither a container nor a volume is left. */
  clear(): Promise<void>;
  /** Ends the daemon and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends the daemon; its data are kept. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** The daemon takes connections, and answers nothing. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export interface EnginePrograms {
  readonly dockerd: string;
  readonly busybox: string;
}

const IMAGE = 'tiny:1';
const SLEEP = ['/bin/busybox', 'sleep', '1000000'];

/** Where they are missing the test is skipped, with a sentence; in CI, which installs them, that is a failure. */
export function findEngine(skip: (note: string) => never): EnginePrograms {
  const dockerd = findInstalled('dockerd', 'docker.io', skip);
  const busybox = findInstalled('busybox', 'busybox-static', skip);
  if (isRoot) return { dockerd, busybox };
  const missing = 'only root can start a Docker Engine';
  if (process.env['CI']) throw new Error(missing);
  return skip(missing);
}

/** One Engine for all tests of a file: starting it takes longer than most of them. Each finds it empty. */
export function engineOfFile(): () => Engine {
  let engine: Engine | null = null;
  beforeEach(async ({ skip }) => {
    const programs = findEngine(skip);
    engine ??= await startEngine(programs);
    await engine.clear();
  });
  afterAll(() => engine?.close());
  return () => {
    if (engine === null) throw new Error('it starts before the first test, not before');
    return engine;
  };
}

export async function startEngine({ dockerd, busybox }: EnginePrograms): Promise<Engine> {
  const image = await busyboxImage(busybox);
  const folder = await mkdtemp(join(tmpdir(), 'dockerd-'));
  const daemon = await createDaemon(dockerd, folder);
  const close = async () => {
    await daemon.end();
    await rm(folder, { recursive: true });
  };
  const engine = engineAt(daemon.socket);
  try {
    await daemon.start();
    await engine.load(image);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...engine,
    host: `unix://${daemon.socket}`,
    socket: daemon.socket,
    async restart() {
      await daemon.end();
      await daemon.start();
    },
    down: () => daemon.end(),
    up: () => daemon.start(),
    freeze: () => daemon.freeze(),
    thaw: () => daemon.thaw(),
    close,
  };
}

function engineAt(socket: string) {
  const send = async (call: EngineCall, alsoFine: readonly number[] = []): Promise<EngineAnswer> => {
    const answer = await callEngine(socket, call);
    if (answer.status < 400 || alsoFine.includes(answer.status)) return answer;
    throw new Error(`${call.method} ${call.path}: ${answer.status} ${answer.text}`);
  };
  const get = async <Body>(path: string): Promise<Body> => JSON.parse((await send({ method: 'GET', path })).text);
  const remove = async (path: string): Promise<void> => void (await send({ method: 'DELETE', path }, [404]));

  const engine = {
    load: (tar: Buffer) =>
      send({ method: 'POST', path: `/images/create?fromSrc=-&repo=${IMAGE.replace(':', '&tag=')}`, body: tar }),
    async run({ name, labels = {}, volumes = [], restart = 'no', command = SLEEP, start = true }: RunOptions) {
      const body = {
        ...{ Image: IMAGE, Cmd: command, Labels: labels },
        // The first process of a container is not ended by a signal that it does not ask for.
        StopSignal: 'SIGKILL',
        HostConfig: {
          NetworkMode: 'none',
          RestartPolicy: { Name: restart },
          Mounts: volumes.map((volume) => ({ Type: 'volume', Source: volume.name, Target: volume.target })),
        },
      };
      const created = await send({ method: 'POST', path: `/containers/create?name=${encodeURIComponent(name)}`, body });
      const { Id: id }: { Id: string } = JSON.parse(created.text);
      if (start) await send({ method: 'POST', path: `/containers/${id}/start` });
      return id;
    },
    async createVolume(name: string) {
      await send({ method: 'POST', path: '/volumes/create', body: { Name: name } });
    },
    async containers() {
      const all =
        await get<{ Id: string; Names: string[]; State: string; Labels: Record<string, string> }[]>(
          '/containers/json?all=1',
        );
      return all.map(({ Id: id, Names: names, State: state, Labels: labels }) => ({
        ...{ id, state, labels },
        names: names.map((name) => name.replace(/^\//, '')),
      }));
    },
    async volumes() {
      const { Volumes: all } = await get<{ Volumes: { Name: string; CreatedAt: string }[] | null }>('/volumes');
      const volumes = (all ?? []).map(({ Name: name, CreatedAt: createdAt }) => ({ name, createdAt }));
      return volumes.sort((a, b) => a.name.localeCompare(b.name));
    },
    async inspect(id: string) {
      const { status, text } = await send({ method: 'GET', path: `/containers/${id}/json` }, [404]);
      if (status === 404) return null;
      const container: { Id: string; Name: string; State: { Status: string } } = JSON.parse(text);
      return { id: container.Id, name: container.Name.replace(/^\//, ''), state: container.State.Status };
    },
    remove: (id: string) => remove(`/containers/${id}?force=1`),
    removeVolume: (name: string) => remove(`/volumes/${name}`),
    async stop(id: string) {
      await send({ method: 'POST', path: `/containers/${id}/stop` });
    },
    async pause(id: string) {
      await send({ method: 'POST', path: `/containers/${id}/pause` });
    },
    async clear() {
      for (const { id } of await engine.containers()) await engine.remove(id);
      for (const { name } of await engine.volumes()) await engine.removeVolume(name);
    },
  };
  return engine;
}
