import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { type Logger, pino } from 'pino';
import type { Command, CommandContext } from './commands/command.ts';
import { helpText, parseCommandLine, UsageError } from './commands/command-line.ts';
import { COMMANDS } from './commands/commands.ts';
import { EXIT } from './commands/exit-code.ts';
import { runCommand } from './commands/run.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { EmbeddedError } from './db/embedded-error.ts';
import { startThrowaway } from './db/throwaway.ts';
import { createDemo, demoConfig } from './demo.ts';
import { readEnvFile } from './env-file.ts';
import { isolate } from './isolation.ts';
import { createLog, type LogOptions } from './log/log.ts';
import { createRepeats } from './log/repeats.ts';
import { CannotListen, startProgram } from './program.ts';
import { findProject } from './project.ts';
import { systemClock } from './sweep/clock.ts';
import type { Repeats } from './sweep/log.ts';

/** Those in flight get 5 s, their rows a few more; whoever waits for us gives up at 15. */
const CLOSE_WITHIN_MS = 14_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm hands on the Ctrl-C which the terminal has sent to all of us already: one press arrives twice. */
const ONE_PRESS_MS = 1_000;
/** Starts the process that keeps the demo's database; not for people. */
const KEEP_DATABASE = 'demo:database';

const UNEXPECTED = 'Ending because of an error that nobody expected';

const project = findProject(import.meta.url);
const replica = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
const demo: Command = {
  name: 'demo',
  summary: 'Serves the same against an invented platform that leaks; leaves nothing behind',
  about: ['It ignores the settings of the environment, but for where to listen and how much to log.'],
  options: {},
  exits: { [EXIT.done]: 'ended by a signal', [EXIT.wrong]: 'it could not start' },
};
/** Known as soon as the settings are read: Node would show an error with all that is in it. */
let secrets: readonly string[] = [];
try {
  await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError || error instanceof UsageError) fail(error.message, EXIT.usage);
  if (error instanceof CannotListen || error instanceof EmbeddedError) fail(error.message, EXIT.wrong);
  logTo(process.stderr, 'fatal', {}).fatal({ err: error }, UNEXPECTED);
  process.exit(EXIT.wrong);
}

async function run(typed: readonly string[]): Promise<void> {
  if (typed.length === 1 && typed[0] === KEEP_DATABASE) return keepDatabase();
  const commands = [...COMMANDS, demo];
  const asked = parseCommandLine(typed, commands);
  if (asked.kind === 'serve') await serve(readConfig());
  else if (asked.kind === 'help') tell(helpText(asked.of, commands));
  else {
    const command = COMMANDS.find((one) => one === asked.command);
    if (command === undefined) await demonstrate();
    else process.exitCode = await runCommand(command, commandContext(), asked.given);
  }
}

function commandContext(): CommandContext {
  return {
    readConfig,
    project,
    replica,
    userName: nameOfUser(),
    createLog: ({ settings, logLevel, tenant }) => {
      const told = settings.some(({ name, source }) => name === 'LOG_LEVEL' && source !== 'default');
      // What a command has to say stands in its answer.
      return logTo(process.stderr, told ? logLevel : 'error', { tenant, replica });
    },
    tell,
    warn: (line) => void process.stderr.write(`${line}\n`),
    told: () => {
      const controller = new AbortController();
      onSignals(() => controller.abort());
      return controller.signal;
    },
  };
}

/** Null: the system does not know this user, as in a container that was started with any id. */
function nameOfUser(): string | null {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SYSTEM_ERROR') return null;
    throw error;
  }
}

/** Nothing is started with settings that are wrong. */
function readConfig(): Config {
  const config = parseConfig(process.env, (path) => readFileSync(path, 'utf8'), readEnvFile(resolve('.env')));
  secrets = config.secrets;
  return config;
}

/** For a person where a person looks, else JSON lines. */
function logTo(
  stream: { readonly fd: number; readonly isTTY?: boolean },
  level: Config['logLevel'],
  names: LogOptions['names'],
): Logger {
  const destination = pino.destination({ dest: stream.fd, sync: true });
  const write = (lines: string): void => void destination.write(lines);
  return createLog({ level, secrets, names, readable: stream.isTTY === true, write });
}

function fail(message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Whoever reads no further (`| head`) has seen enough; what is under way is brought to its end all the same. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

async function serve(config: Config): Promise<void> {
  const log = logTo(process.stdout, config.logLevel, { tenant: config.tenant, replica });
  for (const warning of config.warnings) log.warn(warning);
  const repeats = createRepeats(systemClock, log);
  const program = await startProgram({ config, project, replica, log, repeats });
  endWith(log, repeats, program.close);
}

async function demonstrate(): Promise<void> {
  const { kept, ignored, sentence } = isolate(process.env, 'The demo');
  if (sentence !== null) tell(sentence);
  // So that no library reads them either.
  for (const name of ignored) delete process.env[name];
  const { logLevel, tenant } = demoConfig(kept);
  const log = logTo(process.stdout, logLevel, { tenant, replica });
  const repeats = createRepeats(systemClock, log);
  const databaseCommand = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), KEEP_DATABASE];
  const demo = createDemo({ kept, project, replica, log, repeats, tell, databaseCommand });
  endWith(log, repeats, demo.close);
  await demo.start();
}

/**
 * Says where it is in the first line, and ends with its standard input: so also when the demo itself is killed. Nothing
 * hurries it, since there is nobody left who would remove what it leaves.
 */
async function keepDatabase(): Promise<void> {
  const log = logTo(process.stderr, 'warn', {});
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
function endWith(log: Logger, repeats: Repeats, close: () => Promise<void>): void {
  const skip = [...SIGNALS];
  let closing: Promise<void> | null = null;
  const ending = closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: log, skip }, async ({ err }) => {
    if (err !== undefined) log.fatal({ err }, UNEXPECTED);
    // A signal and an error may come together: they wait for the same end.
    closing ??= close();
    await closing;
    repeats.tellAll();
  });
  onSignals((signal) => {
    // What is said from here on is about the end.
    repeats.tellAll();
    log.info({ signal }, 'Ending: no Stop starts any more');
    ending.close();
  });
}

/** The first is handed on; one that comes later ends the process at once. */
function onSignals(first: (signal: NodeJS.Signals) => void): void {
  let firstMs: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (firstMs === null) {
      firstMs = performance.now();
      first(signal);
    } else if (performance.now() - firstMs > ONE_PRESS_MS) fail(`${signal} again: not waiting any longer.`, 1);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}
