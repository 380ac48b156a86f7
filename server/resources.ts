import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Home } from './api/deps.ts';
import { createBackend } from './backend-of.ts';
import type { Config } from './config.ts';
import { connect, type Database } from './db/connect.ts';
import { type EmbeddedDatabase, startEmbedded, visitEmbedded } from './db/embedded.ts';
import { migrateHome, readSchemaState } from './db/migrate.ts';
import type { Project } from './project.ts';
import { systemClock } from './sweep/clock.ts';
import type { Repeats } from './sweep/log.ts';
import type { Meter } from './sweep/meter.ts';
import { createSweeper } from './sweep/sweeper.ts';

/** A wait for the migration lock of another replica is no failure. */
const MIGRATION_TIMEOUT_MS = 60_000;
/** Stops at once, renewals, a look, notifications and the console: more would only queue in the database. */
const SPARE_CONNECTIONS = 6;

export interface ResourcesOptions {
  readonly config: Config;
  readonly project: Project;
  readonly replica: string;
  readonly log: Logger;
  readonly repeats: Repeats;
  readonly meter: Meter;
  /** Go to the embedded database that a server of this project runs just now, where one does. */
  readonly visitsEmbedded?: true;
}

/** What has to be closed again: databases and the backend. */
export interface Resources {
  /** Reaches the home database, migrates it and puts the sweeper together. May be tried again after a failure. */
  open(): Promise<Home>;
  /**
   * The same as it is: nothing is migrated, and no tenant taken.
   *
   * @throws NoMemory where the home database has not been migrated yet
   */
  visit(): Promise<Home>;
  /** In reverse. */
  close(): Promise<void>;
}

/** Nothing was ever remembered here, or not by a version as new as this one. */
export class NoMemory extends Error {
  readonly code = 'no_memory';
}

export function createResources(options: ResourcesOptions): Resources {
  const { config, project, replica, log, repeats, meter, visitsEmbedded } = options;
  let embedded: EmbeddedDatabase | null = null;
  let opened: Database[] = [];
  const { backend, containers } = createBackend(config, project.version);

  const homeUrl = async (): Promise<string> => {
    if (config.home.kind === 'url') return config.home.url;
    const directory = embeddedDirectory(project);
    const visited = visitsEmbedded ? await visitEmbedded({ directory, log }) : null;
    if (visited !== null) return visited;
    embedded ??= await startEmbedded({ directory, log });
    return embedded.url;
  };
  const closeDatabases = async (): Promise<void> => {
    const closing = opened;
    opened = [];
    await Promise.all(closing.map((database) => database.close()));
  };
  const onError = (error: Error): void => repeats.fails('connection', 'warn', error, 'A database connection broke');

  const migrate = async (url: string): Promise<void> => {
    const database = connect(url, { max: 1, statementTimeoutMs: MIGRATION_TIMEOUT_MS, onError });
    try {
      const applied = await migrateHome(database, project.version);
      if (applied.length > 0) log.info({ migrations: applied }, 'The home database was migrated');
    } finally {
      await database.close();
    }
  };

  const assemble = (url: string): Home => {
    const max = config.sweep.concurrency + SPARE_CONNECTIONS;
    const database = connect(url, { max, indexesOnly: true, onError });
    const platformDatabase = connect(config.platform.url ?? url, { max, rowSecurityOff: true, onError });
    opened = [database, platformDatabase];
    const sweeper = createSweeper({
      clock: systemClock,
      home: database,
      platformDatabase,
      table: config.platform.table,
      backend,
      containers,
      tenant: config.tenant,
      replica,
      settings: { ...config.sweep, unknownGraceMs: unknownGraceMs(config), disabledReason: disabledSentence(config) },
      fingerprint: fingerprintOf(config, platformDatabase),
      movedFrom: config.platformMovedFrom,
      dryRun: config.sweep.dryRun,
      log,
      repeats,
      meter,
      random: Math.random,
    });
    return { database, sweeper };
  };

  const open = async (): Promise<Home> => {
    await closeDatabases();
    const url = await homeUrl();
    await migrate(url);
    const home = assemble(url);
    await home.sweeper.open();
    return home;
  };

  const visit = async (): Promise<Home> => {
    await closeDatabases();
    if (config.home.kind === 'embedded' && !existsSync(embeddedDirectory(project))) throw new NoMemory(NEVER_STARTED);
    const home = assemble(await homeUrl());
    const state = await readSchemaState(home.database, project.version);
    if (state === 'none') throw new NoMemory(NEVER_STARTED);
    if (state === 'behind') throw new NoMemory(BEHIND);
    await home.sweeper.visit();
    return home;
  };

  return {
    open,
    visit,
    async close() {
      await closeDatabases();
      await backend?.close();
      await embedded?.stop();
    },
  };
}

const NEVER_STARTED = 'Nothing is remembered yet: the home database is migrated by the first start (npm start).';
const BEHIND = 'The home database was last migrated by an older version: start this one once (npm start).';

export function embeddedDirectory({ root }: Project): string {
  return join(root, '.data');
}

function unknownGraceMs({ backend }: Config): number | null {
  return backend?.kind === 'docker' && backend.sweepUnknown ? backend.unknownGraceMs : null;
}

function disabledSentence({ disabledReason }: Config): string | null {
  return disabledReason === null ? null : `Nothing is being stopped: ${disabledReason}.`;
}

/** The embedded database has another port each time it is started, and is the same all the same. */
export function fingerprintOf({ home, platform }: Config, { place }: Database): string {
  const { schema, name } = platform.table;
  const embedded = platform.url === null && home.kind === 'embedded';
  return `${embedded ? place.replace(/^.*:\d+\//, 'embedded/') : place} ${schema}.${name}`;
}
