import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { type Logger, pino } from 'pino';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { rootCause } from './db/connect.ts';
import { EmbeddedError } from './db/embedded-error.ts';
import { buildIndexes, recommendedIndexes } from './db/platform-index.ts';
import { startThrowaway } from './db/throwaway.ts';
import { createDemo, demoConfig } from './demo.ts';
import { isolate } from './isolation.ts';
import { CannotListen, startProgram } from './program.ts';
import { findProject } from './project.ts';

/** Those in flight get 5 s, their rows a few more; whoever waits for us gives up at 15. */
const CLOSE_WITHIN_MS = 14_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm hands on the Ctrl-C which the terminal has sent to all of us already: one press arrives twice. */
const ONE_PRESS_MS = 1_000;
/** Starts the process that keeps the demo's database; not for people. */
const KEEP_DATABASE = 'demo:database';

const project = findProject(import.meta.url);
const replica = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
const [command, ...options] = process.argv.slice(2);
try {
  await run();
} catch (error) {
  if (error instanceof ConfigError) fail(error.message, 2);
  if (error instanceof CannotListen || error instanceof EmbeddedError) fail(error.message, 1);
  throw error;
}

async function run(): Promise<void> {
  if (command === undefined) await serve(readConfig());
  else if (command === 'demo' && options.length === 0) await demonstrate();
  else if (command === KEEP_DATABASE && options.length === 0) await keepDatabase();
  else if (command === 'platform:index' && options.every((option) => option === '--print')) {
    await indexPlatform(readConfig(), options.length > 0);
  } else {
    const given = process.argv.slice(2).join(' ');
    fail(`${given} is not a command. Allowed: none (serve), demo, platform:index [--print].`, 2);
  }
}

/** Nothing is started with settings that are wrong. */
function readConfig(): Config {
  return parseConfig(process.env, (path) => readFileSync(path, 'utf8'));
}

function fail(message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function serve(config: Config): Promise<void> {
  const log = pino({ level: config.logLevel });
  const program = await startProgram({ config, project, replica, log });
  endWith(log, program.close);
}

async function demonstrate(): Promise<void> {
  const { kept, ignored, sentence } = isolate(process.env, 'The demo');
  if (sentence !== null) tell(sentence);
  // So that no library reads them either.
  for (const name of ignored) delete process.env[name];
  const log = pino({ level: demoConfig(kept).logLevel });
  const databaseCommand = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), KEEP_DATABASE];
  const demo = createDemo({ kept, project, replica, log, tell, databaseCommand });
  endWith(log, demo.close);
  await demo.start();
}

/**
 * Says where it is in the first line, and ends with its standard input: so also when the demo itself is killed. Nothing
 * hurries it, since there is nobody left who would remove what it leaves.
 */
async function keepDatabase(): Promise<void> {
  const log = pino({ level: 'warn' }, pino.destination(2));
  const { stop, ...database } = await startThrowaway('orphan-sweeper-demo', log).catch((error: unknown) => {
    if (!(error instanceof EmbeddedError)) throw error;
    fail(`${error.message}\nThe demo uses only a database that it has started itself, never one of DATABASE_URL.`, 1);
  });
  const { close } = closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: log, skip: [...SIGNALS] }, stop);
  for (const signal of SIGNALS) process.on(signal, close);
  process.stdin.once('end', close).resume();
  tell(JSON.stringify(database));
}

/** At the first signal, and at an error that nobody expected. A second signal does not wait. */
function endWith(log: Logger, close: () => Promise<void>): void {
  const skip = [...SIGNALS];
  let closing: Promise<void> | null = null;
  const ending = closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: log, skip }, async ({ err }) => {
    if (err !== undefined) log.fatal({ err }, 'Ending because of an error that nobody expected');
    // A signal and an error may come together: they wait for the same end.
    closing ??= close();
    await closing;
  });
  let firstMs: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstMs === null) {
      firstMs = performance.now();
      log.info({ signal }, 'Ending: no Stop starts any more');
      ending.close();
    } else if (performance.now() - firstMs > ONE_PRESS_MS) fail(`${signal} again: not waiting any longer.`, 1);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** Prints the recommended indexes; builds them, too, since that is what was asked for. */
async function indexPlatform({ home, platform }: Config, printOnly: boolean): Promise<void> {
  for (const { sql } of recommendedIndexes(platform.table)) if (printOnly) tell(`${sql};`);
  if (printOnly) return;
  const url = platform.url ?? (home.kind === 'url' ? home.url : null);
  if (url === null)
    fail('Set PLATFORM_DATABASE_URL or DATABASE_URL: there is no platform database to build indexes in.', 2);
  try {
    await buildIndexes(url, platform.table, tell);
  } catch (error) {
    const { message } = rootCause(error);
    const sql = recommendedIndexes(platform.table).map((index) => `  ${index.sql};`);
    fail(`Not built: ${message}. Only the owner of the table may; for them:\n${sql.join('\n')}`, 1);
  }
}
