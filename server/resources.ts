import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Home } from './api/deps.ts';
import { createControlPlane } from './backends/control-plane.ts';
import type { Config } from './config.ts';
import { connect, type Database } from './db/connect.ts';
import { type EmbeddedDatabase, startEmbedded } from './db/embedded.ts';
import { migrateHome } from './db/migrate.ts';
import type { Project } from './project.ts';
import { systemClock } from './sweep/clock.ts';
import { createSweeper } from './sweep/sweeper.ts';

/** A wait for the migration lock of another replica is no failure. */
const MIGRATION_TIMEOUT_MS = 60_000;
/** Stops at once, renewals, a look and the console: more would only queue in the database. */
const SPARE_CONNECTIONS = 5;

export interface ResourcesOptions {
  readonly config: Config;
  readonly project: Project;
  readonly replica: string;
  readonly log: Logger;
}

/** What has to be closed again: databases and the backend. */
export interface Resources {
  /** Reaches the home database, migrates it and puts the sweeper together. May be tried again after a failure. */
  open(): Promise<Home>;
  /** In reverse. */
  close(): Promise<void>;
}

export function createResources({ config, project, replica, log }: ResourcesOptions): Resources {
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

  const migrate = async (url: string): Promise<void> => {
    const database = connect(url, { max: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS, onError });
    try {
      const applied = await migrateHome(database, project.version);
      if (applied.length > 0) log.info({ migrations: applied }, 'The home database was migrated');
    } finally {
      await database.close();
    }
  };

  const open = async (): Promise<Home> => {
    await closeDatabases();
    const url = await homeUrl();
    await migrate(url);
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
