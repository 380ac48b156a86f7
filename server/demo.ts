import Type from 'typebox';
import Value from 'typebox/value';
import { type Config, parseConfig } from './config.ts';
import { startDatabaseProcess } from './db/throwaway-process.ts';
import { type Closing, createClosing } from './demo/closing.ts';
import { OPENING } from './demo/opening.ts';
import { play, script } from './demo/script.ts';
import { setStage } from './demo/stage.ts';
import type { Environment } from './environment.ts';
import { CannotListen, type Program, type ProgramOptions, startProgram } from './program.ts';
import { systemClock } from './sweep/clock.ts';

export interface DemoOptions extends Omit<ProgramOptions, 'config'> {
  /** What counts of the environment: see isolation.ts. */
  readonly kept: Environment;
  /** Starts a process that keeps the demo's database. */
  readonly databaseCommand: readonly string[];
  readonly tell: (line: string) => void;
}

/** The real program, against a platform that leaks. */
export interface Demo {
  /**
   * Resolves when the console's address has been told, as the last line; and quietly, without an address, when it was
   * closed in the meantime.
   */
  start(): Promise<void>;
  /** At any time: nothing is left of what has been started, data included. */
  close(): Promise<void>;
}

/**
 * Three Stops a sweep, and a sweep every 10 s: the nine are seen to leave in threes for half a minute, by themselves or
 * sooner with "Sweep now"; what leaks later is picked up while one still looks at it; and five failures of one orphan
 * take two or three minutes. With the defaults (100 and 60) all would have been tried before a browser is open. That one
 * keeps running is found out while one still looks, too.
 */
const SWEEPING = { SWEEP_LIMIT: '3', SWEEP_INTERVAL_SECONDS: '10', SECOND_LOOK_SECONDS: '30' };
/** Nobody should take it for something else. */
const NAME = { ENVIRONMENT_NAME: 'Demo' };
/** Failed Stops are what is shown here: as log lines (warn) they would only drown the console's address. */
const QUIET = { LOG_LEVEL: 'error' };

const PORTS_TRIED = 50;
const FIRST_SWEEP_WITHIN_MS = 30_000;
const POLL_EVERY_MS = 50;

export function createDemo(options: DemoOptions): Demo {
  const closing = createClosing();
  return {
    async start() {
      try {
        await start(options, closing);
      } catch (error) {
        if (closing.begun()) return;
        await closing.closeAll();
        throw error;
      }
    },
    close() {
      options.tell('Ending, and removing the data of the demo …');
      return closing.closeAll();
    },
  };
}

async function start(options: DemoOptions, closing: Closing): Promise<void> {
  const { kept, databaseCommand, tell, log } = options;
  tell('Starting a PostgreSQL, a platform that leaks, and Orphan Sweeper …');
  const database = startDatabaseProcess(databaseCommand);
  closing.add(() => database.stop());
  const stage = await setStage({
    database: await database.started,
    clock: systemClock,
    random: Math.random,
    onError: (error) => log.error({ err: error }, 'A connection of the simulated platform broke'),
  });
  closing.add(() => stage.close());

  const { url: homeUrl } = await database.started;
  const program = await startOnFreePort(options, {
    ...kept,
    DATABASE_URL: homeUrl,
    PLATFORM_DATABASE_URL: stage.platformUrl,
    CONTROL_PLANE_URL: stage.controlPlaneUrl,
    CONTROL_PLANE_SHARED_SECRET: stage.sharedSecret,
  });
  closing.add(() => program.close());
  await firstSweepSeen(program);

  const ended = new AbortController();
  const onError = (err: unknown, happening: unknown) => log.error({ err, happening }, 'This could not happen');
  const playing = play({ cues: script(), clock: systemClock, perform: stage.perform, onError }, ended.signal);
  closing.add(() => {
    ended.abort();
    return playing;
  });
  for (const line of introduction(program.url)) tell(line);
}

/** The settings of the demo as far as they are known before anything is started. @throws ConfigError */
export function demoConfig(kept: Environment): Config {
  return parseConfig({ ...QUIET, ...kept, ...SWEEPING, ...NAME }, (path) => {
    throw new Error(`no setting of the demo is in a file, and ${path} was asked for`);
  });
}

/** Tried by listening itself: a port that was only looked at could be taken in the meantime. */
async function startOnFreePort(options: DemoOptions, settings: Environment): Promise<Program> {
  const { project, replica, log, repeats, tell } = options;
  const first = demoConfig(settings).http.port;
  for (let port = first; ; port += 1) {
    try {
      const program = await startProgram({
        config: demoConfig({ ...settings, PORT: String(port) }),
        project,
        replica,
        log,
        repeats,
      });
      if (port !== first) tell(`Port ${first} is taken by another program: the demo uses ${port}.`);
      return program;
    } catch (error) {
      const taken = error instanceof CannotListen && error.code === 'EADDRINUSE';
      if (!taken || port === 65_535 || port - first === PORTS_TRIED) throw error;
    }
  }
}

const SWEEPS = Type.Object({ items: Type.Array(Type.Unknown(), { minItems: 1 }) });

/** As the console sees it: whoever opens the address finds something happening. */
async function firstSweepSeen({ url }: Program): Promise<void> {
  const deadline = systemClock.monotonicMs() + FIRST_SWEEP_WITHIN_MS;
  for (;;) {
    const response = await fetch(`${url}/api/sweeps`);
    const body: unknown = await response.json();
    if (response.ok && Value.Check(SWEEPS, body)) return;
    if (systemClock.monotonicMs() > deadline) throw new Error(`No sweep is seen at ${url}: ${JSON.stringify(body)}`);
    await systemClock.delay(POLL_EVERY_MS);
  }
}

function introduction(url: string): string[] {
  const leaked = OPENING.filter(({ leakedMinutesAgo }) => leakedMinutesAgo !== null);
  const { SWEEP_LIMIT: limit, SWEEP_INTERVAL_SECONDS: seconds } = SWEEPING;
  return [
    '',
    `${OPENING.length} workspaces, all invented; ${leaked.length} were removed while the control plane failed, and their instances still run.`,
    `Every ${seconds} s, or when you press "Sweep now", at most ${limit} are stopped, so that you can watch. Look for:`,
    ...leaked.flatMap(({ name, trouble }) =>
      trouble === undefined ? [] : [`  ${name.padEnd(18)} ${trouble.sentence}`],
    ),
    '  Later new ones leak, and the control plane is away for a while. Ctrl-C ends everything and removes its data.',
    '',
    `Open ${url}`,
  ];
}
