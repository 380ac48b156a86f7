import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { callEngine } from './engine-calls.ts';
import { until } from './until.ts';

/** A real dockerd of our own: its data, its socket and its containerd lie in one folder, and it touches no network. */
export interface Daemon {
  readonly socket: string;
  start(): Promise<void>;
  /** Its containers end with it; what is on disk stays. */
  end(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** A container that is told to end with the daemon ends at once: see `StopSignal`. */
const SHUTDOWN_SECONDS = 5;

export async function createDaemon(program: string, folder: string): Promise<Daemon> {
  const socket = join(folder, 'engine.sock');
  const config = join(folder, 'daemon.json');
  // That of the machine is not ours.
  await writeFile(config, '{}');
  const args = [
    ...['--config-file', config, '--host', `unix://${socket}`, '--pidfile', join(folder, 'dockerd.pid')],
    ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    // Where the machine runs a containerd, dockerd takes that one.
    ...[
      '--containerd-namespace',
      namespaceOf(folder),
      '--containerd-plugins-namespace',
      `${namespaceOf(folder)}-plugins`,
    ],
    ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver=vfs'],
    ...['--shutdown-timeout', String(SHUTDOWN_SECONDS)],
  ];
  let child: ChildProcess | null = null;
  let exited = Promise.resolve();

  const signal = (name: NodeJS.Signals) => void child?.kill(name);
  return {
    socket,
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async start() {
      const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      child = started;
      const lines: string[] = [];
      started.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
      exited = new Promise((resolve) => started.once('close', () => resolve()));
      const answers = async () => (await callEngine(socket, { method: 'GET', path: '/_ping' })).status === 200;
      const ended = () => started.exitCode !== null || started.signalCode !== null;
      const settled = async () => ended() || (await answers());
      await until(settled, { timeoutMs: 60_000, what: 'dockerd to answer' }).catch((cause: unknown) => {
        throw new Error(`dockerd did not start:\n${lines.join('')}`, { cause });
      });
      if (ended()) throw new Error(`dockerd did not start:\n${lines.join('')}`);
    },
    async end() {
      signal('SIGCONT');
      signal('SIGTERM');
      const killed = setTimeout(() => signal('SIGKILL'), (SHUTDOWN_SECONDS + 25) * 1000);
      await exited;
      clearTimeout(killed);
      child = null;
      await unmountAll(folder);
    },
  };
}

function namespaceOf(folder: string): string {
  return folder.replaceAll(/[^A-Za-z0-9]+/g, '-').replace(/^-/, '');
}

/** A daemon that was killed leaves its mounts behind, and what is mounted cannot be removed. */
async function unmountAll(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${folder}/`));
  for (const path of mounts.reverse()) await promisify(execFile)('umount', ['--lazy', path]);
}
