import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProject } from '../../server/project.ts';
import { nowMs } from './control-plane.ts';

export interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
}

/** How one sweep went, from outside: from before it was asked for until the program said that it had ended. */
export interface MeasuredSweep {
  readonly askedMs: number;
  readonly endedMs: number;
  readonly result: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** This program, as it is built, in a process of its own. */
export interface Program {
  /** When its process was started. */
  readonly startedMs: number;
  /** Resolves with the end of the sweep at boot. */
  readonly bootSweep: Promise<MeasuredSweep>;
  /** Presses "Sweep now". */
  sweep(): Promise<MeasuredSweep>;
  get<Body>(path: string): Promise<Body>;
  /** After garbage was collected. */
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

interface LogLine {
  readonly msg?: string;
  readonly trigger?: string;
  readonly result?: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly error?: string | null;
}

/** No sweep takes longer, however slow the machine is. */
const PATIENCE_MS = 120_000;
const PROBE = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));

/** Gets these settings and nothing of the environment. Ready once its sweep at boot has ended. */
export function startProgram(settings: Readonly<Record<string, string>>): Program {
  const main = join(findProject(import.meta.url).root, 'dist/server/main.js');
  const startedMs = nowMs();
  const child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, main], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Where no .env of anybody lies.
    cwd: dirname(main),
    env: { PORT: '0', SWEEP_INTERVAL_SECONDS: '3600', ...settings },
  });
  const said: string[] = [];
  const exited = once(child, 'exit').then(() => {
    throw new Error(`the program has ended:\n${said.join('\n')}`);
  });
  // Whoever waits for something is told; at the end nobody waits any more.
  exited.catch(() => undefined);
  const lines = listenTo([child.stdout, child.stderr], said);

  const listening = lines.next(({ msg }) => msg?.startsWith('Server listening') ?? false);
  const url = listening.then(({ line }) => /http:\S+/.exec(line.msg ?? '')?.[0] ?? '');
  const sweepEnd = async (askedMs: number): Promise<MeasuredSweep> => {
    const { line, atMs } = await Promise.race([
      lines.next(({ msg }) => msg === 'Sweep ended'),
      exited,
      impatient(said),
    ]);
    return { askedMs, endedMs: atMs, result: line.error ?? line.result ?? '', counts: line.counts ?? {} };
  };

  return {
    startedMs,
    bootSweep: sweepEnd(startedMs),
    async sweep() {
      const to = `${await url}/api/sweeps`;
      const end = sweepEnd(nowMs());
      const response = await fetch(to, { method: 'POST' });
      if (response.status !== 202) throw new Error(`not queued: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
      return end;
    },
    async get<Body>(path: string) {
      const response = await fetch(`${await url}${path}`);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      const body: Body = JSON.parse(await response.text());
      return body;
    },
    async memory() {
      const answer = once(child, 'message');
      child.send('memory');
      const [memory]: Memory[] = await Promise.race([answer, exited]);
      if (memory === undefined) throw new TypeError('a message has a content');
      return memory;
    },
    async close() {
      child.kill('SIGTERM');
      await exited.catch(() => undefined);
    },
  };
}

async function impatient(said: readonly string[]): Promise<never> {
  await delay(PATIENCE_MS, undefined, { ref: false });
  throw new Error(`no sweep has ended within ${PATIENCE_MS / 1000} s:\n${said.join('\n')}`);
}

interface Heard {
  readonly line: LogLine;
  readonly atMs: number;
}

/** Every line that is written, and the next one of a kind. */
function listenTo(streams: readonly (NodeJS.ReadableStream | null)[], said: string[]) {
  const waiting = new Map<(line: LogLine) => boolean, (heard: Heard) => void>();
  const hear = (text: string): void => {
    const atMs = nowMs();
    said.push(text);
    if (!text.startsWith('{')) return;
    const line: LogLine = JSON.parse(text);
    for (const [wanted, resolve] of waiting) {
      if (!wanted(line)) continue;
      waiting.delete(wanted);
      resolve({ line, atMs });
    }
  };
  for (const input of streams) if (input !== null) createInterface({ input }).on('line', hear);
  return {
    next: (wanted: (line: LogLine) => boolean) =>
      new Promise<Heard>((resolve) => {
        waiting.set(wanted, resolve);
      }),
  };
}
