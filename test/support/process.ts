import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFailed, onTestFinished } from 'vitest';
import type { Account } from '../../server/db/embedded-run.ts';
import { builtProject } from './built-project.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** One line of the program's log. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed, and of the shape that the caller says it is. */
  readonly body: Body;
}

/** The real program in a process of its own. It gets the environment of the test and nothing of the caller's. */
export interface Program {
  readonly pid: number;
  /** Everything it wrote, to both streams. */
  output(): string;
  /** Its log, without what was not JSON. */
  readonly log: readonly LogLine[];
  readonly exited: Promise<Exit>;
  /** Waits until it listens, and answers with its address. */
  url(): Promise<string>;
  /** Waits until it is ready: its home database reached and migrated. */
  ready(): Promise<void>;
  call<Body>(path: string, init?: RequestInit): Promise<Answer<Body>>;
  signal(name: 'SIGINT' | 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

export interface ProgramOptions {
  /** `npm start` unless told. */
  readonly command?: 'demo';
  /** Ourselves unless told. */
  readonly account?: Account;
  /** Serve the built console, too. */
  readonly console?: boolean;
  /** Where it is started; unless told, where no `.env` of anybody lies. */
  readonly folder?: string;
  /** Its main.js; unless told, one that is built of the sources. */
  readonly main?: string;
}

/** Settings under which the program serves a world. */
export function settingsFor(world: World): Record<string, string> {
  return {
    DATABASE_URL: world.home.url,
    PLATFORM_DATABASE_URL: world.platformDatabase.url,
    CONTROL_PLANE_URL: world.controlPlane.url,
    CONTROL_PLANE_SHARED_SECRET: world.credentials.sharedSecret,
    CONTROL_PLANE_ADMIN_TOKEN: world.credentials.adminToken,
  };
}

/**
 * Whatever is left running when the test ends is killed. Its signals go to its process group, as a terminal's do.
 * Without the console it is built in a fraction of the time.
 */
export async function startProgram(
  env: Readonly<Record<string, string>>,
  { command, account, console = false, folder = inject('runDirectory'), main: told }: ProgramOptions = {},
): Promise<Program> {
  const main = told ?? join(await builtProject(inject('runDirectory'), { console }), 'dist/server/main.js');
  const child = spawn(process.execPath, command === undefined ? [main] : [main, command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { PORT: '0', ...env },
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const pid = child.pid ?? Number.NaN;
  const signal = (name: NodeJS.Signals): void => void process.kill(-pid, name);
  const exited = new Promise<Exit>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const running = () => child.exitCode === null && child.signalCode === null;
  onTestFinished(async () => {
    if (running()) signal('SIGKILL');
    await exited;
  });

  const lines: string[] = [];
  onTestFailed(() => void process.stderr.write(`What process ${pid} said:\n${lines.join('\n')}\n`));
  const log: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    if (line.startsWith('{')) log.push(JSON.parse(line));
  });

  const url = async (): Promise<string> => {
    const listening = () => {
      if (!running()) throw new Error(`it has ended:\n${lines.join('\n')}`);
      const said = log.find(({ msg }) => msg.startsWith('Server listening'))?.msg ?? lines.at(-1) ?? '';
      return /^(?:Server listening at|Open) (http:\S+)$/.exec(said);
    };
    return (await until(listening, { timeoutMs: 90_000, what: 'the program to listen' }))[1] ?? '';
  };

  const call = async <Body>(path: string, init: RequestInit = {}): Promise<Answer<Body>> => {
    const response = await fetch(`${await url()}${path}`, init);
    const text = await response.text();
    const body: Body = text === '' ? null : JSON.parse(text);
    return { status: response.status, headers: response.headers, text, body };
  };

  return {
    pid,
    output: () => lines.join('\n'),
    log,
    exited,
    url,
    call,
    async ready() {
      await until(async () => (await call('/readyz')).status === 200, {
        timeoutMs: 90_000,
        what: 'the program to be ready',
      });
    },
    signal,
  };
}
