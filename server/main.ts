import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import closeWithGrace from 'close-with-grace';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Home } from './api/deps.ts';
import { buildApp } from './app.ts';
import { createControlPlane } from './backends/control-plane.ts';
import { type Config, ConfigError, parseConfig } from './config.ts';
import { connect, type Database, rootCause } from './db/connect.ts';
import { type EmbeddedDatabase, startEmbedded } from './db/embedded.ts';
import { errorCode } from './db/embedded-error.ts';
import { migrateHome } from './db/migrate.ts';
import { buildIndexes, recommendedIndexes } from './db/platform-index.ts';
import { findProject, type Project } from './project.ts';
import { createStartup } from './startup.ts';
import { systemClock } from './sweep/clock.ts';
import { createSweeper } from './sweep/sweeper.ts';

/** Those in flight get 5 s, their rows a few more; whoever waits for us gives up at 15. */
const CLOSE_WITHIN_MS = 14_000;
/** A wait for the migration lock of another replica is no failure. */
const MIGRATION_TIMEOUT_MS = 60_000;
/** Stops at once, renewals, a look and the console: more would only queue in the database. */
const SPARE_CONNECTIONS = 5;

const settings = readConfig();
const log = pino({ level: settings.logLevel });
const [command, ...options] = process.argv.slice(2);
if (command === undefined) await run(settings, findProject(import.meta.url));
else if (command === 'platform:index' && options.every((option) => option === '--print')) {
  await indexPlatform(settings, options.length > 0);
} else fail(`${process.argv.slice(2).join(' ')} is not a command. Allowed: none (serve), platform:index [--print].`, 2);

/** Nothing is started with settings that are wrong. */
function readConfig(): Config {
  try {
    return parseConfig(process.env, (path) => readFileSync(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    fail(error.message, 2);
  }
}

function fail(message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(exitCode);
}

/** Prints the recommended indexes; builds them, too, since that is what was asked for. */
async function indexPlatform({ home, platform }: Config, printOnly: boolean): Promise<void> {
  const tell = (sentence: string): boolean => process.stdout.write(`${sentence}\n`);
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

async function run(config: Config, project: Project): Promise<void> {
  const { http } = config;
  const replica = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const resources = createResources(config, project, replica);
  const startup = createStartup({ clock: systemClock, log, open: resources.open });
  const webRoot = join(project.root, 'dist', 'web');
  const app = await buildApp({
    config,
    version: project.version,
    replica,
    startedAt: new Date(),
    state: startup.state,
    log,
    webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : null,
  });

  closeWithGrace({ delay: CLOSE_WITHIN_MS, logger: log }, async ({ signal, err }) => {
    if (err !== undefined) log.fatal({ err }, 'Ending because of an error that nobody expected');
    else log.info({ signal }, 'Ending: no Stop starts any more');
    await Promise.all([app.close(), startup.stop()]);
    await resources.close();
  });

  warnLoudly(config);
  await listen(app, http);
  startup.start();
}

/** Nothing has been started yet that would have to be closed. */
async function listen(app: FastifyInstance, { host, port }: Config['http']): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    fail(`Cannot listen on ${host}, port ${port}: ${cannotListen(errorCode(error))}`, 1);
  }
}

function cannotListen(code: string | undefined): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there already. End it, or set PORT to another port.';
    case 'EACCES':
      return 'this user may not (ports below 1024 are reserved). Set PORT to a higher one.';
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return 'this machine has no such address. Set HOST.';
    default:
      return `it failed with ${code ?? 'an unknown error'}. Set HOST and PORT.`;
  }
}

function warnLoudly({ disabledReason, http, sweep }: Config): void {
  if (disabledReason !== null) log.warn(`Nothing is being stopped: ${disabledReason}`);
  if (sweep.dryRun) log.warn('Dry run: nothing is being stopped (SWEEP_DRY_RUN is true)');
  if (http.allowAnonymous) log.warn(`Anybody who reaches ${http.host} may change things (ALLOW_ANONYMOUS is true)`);
}

/** What has to be closed again: databases and the backend, in reverse. */
function createResources(config: Config, project: Project, replica: string) {
  let embedded: EmbeddedDatabase | null = null;
  let opened: Database[] = [];
  const backend =
    config.backend?.kind === 'control-plane'
      ? createControlPlane({ ...config.backend, version: project.version })
      : null;

  const homeUrl = async (): Promise<string> => {
    if (config.home.kind === 'url') return config.home.url;
    embedded ??= await startEmbedded({ directory: join(project.root, '.data'), log });
    return embedded.url;
  };
  const closeDatabases = async (): Promise<void> => {
    const closing = opened;
    opened = [];
    await Promise.all(closing.map((database) => database.close()));
  };
  const onError = (error: Error): void => log.warn({ err: error }, 'A database connection broke');

  const open = async (): Promise<Home> => {
    await closeDatabases();
    const url = await homeUrl();
    await migrate(url, project.version, onError);
    const max = config.sweep.concurrency + SPARE_CONNECTIONS;
    const database = connect(url, { max, onError });
    const platformDatabase = connect(config.platform.url ?? url, { max, rowSecurityOff: true, onError });
    opened = [database, platformDatabase];
    const sweeper = createSweeper({
      clock: systemClock,
      home: database,
      platformDatabase,
      table: config.platform.table,
      backend,
      tenant: config.tenant,
      replica,
      settings: { ...config.sweep, disabledReason: disabledSentence(config) },
      dryRun: config.sweep.dryRun,
      log,
      random: Math.random,
    });
    await sweeper.schedule.open();
    return { database, sweeper };
  };

  return {
    open,
    async close() {
      await closeDatabases();
      await backend?.close();
      await embedded?.stop();
    },
  };
}

function disabledSentence({ disabledReason }: Config): string | null {
  return disabledReason === null ? null : `Nothing is being stopped: ${disabledReason}.`;
}

async function migrate(url: string, version: string, onError: (error: Error) => void): Promise<void> {
  const database = connect(url, { max: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS, onError });
  try {
    const applied = await migrateHome(database, version);
    if (applied.length > 0) log.info({ migrations: applied }, 'The home database was migrated');
  } finally {
    await database.close();
  }
}
