import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createMeasures } from './api/measures.ts';
import { buildApp } from './app.ts';
import type { Config } from './config.ts';
import { errorCode } from './db/embedded-error.ts';
import { createChannels } from './notify/channel.ts';
import { createNotifier, type Notifier } from './notify/notifier.ts';
import { createPost } from './notify/post.ts';
import type { Project } from './project.ts';
import { createResources } from './resources.ts';
import { createStartup, type Startup } from './startup.ts';
import { systemClock } from './sweep/clock.ts';
import type { Repeats } from './sweep/log.ts';

export interface ProgramOptions {
  readonly config: Config;
  readonly project: Project;
  /** Names this process among all that share the home database. */
  readonly replica: string;
  readonly log: Logger;
  readonly repeats: Repeats;
}

/** Everything that `npm start` runs, in this process. */
export interface Program {
  /** Where it really listens: its port is known even if any was asked for. */
  readonly url: string;
  /** No Stop starts any more; resolves when what is under way has ended and everything is closed. */
  close(): Promise<void>;
}

export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  /** Node's, as `EADDRINUSE`. */
  readonly code: string | undefined;

  constructor({ host, port }: Config['http'], cause: unknown) {
    const code = errorCode(cause);
    super(`Cannot listen on ${host}, port ${port}: ${reasonOf(code)}`, { cause });
    this.code = code;
  }
}

/** @throws CannotListen before anything was reached or swept */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { config, project, replica, log, repeats } = options;
  const measures = createMeasures(config, project.version);
  const resources = createResources({ config, project, replica, log, repeats, meter: measures.meter });
  const startup = createStartup({ clock: systemClock, repeats, open: resources.open });
  const notifier = notifierOf(options, startup);
  const webRoot = join(project.root, 'dist', 'web');
  const app = await buildApp({
    config,
    version: project.version,
    replica,
    startedAt: new Date(),
    state: startup.state,
    measures,
    notifier,
    log,
    repeats,
    webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : null,
  });
  const close = async (): Promise<void> => {
    await Promise.all([app.close(), startup.stop(), notifier.stop()]);
    await resources.close();
  };
  warnLoudly(config, log);
  const url = await listen(app, config.http).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  measures.measureProcess();
  startup.start();
  notifier.start();
  return { url, close };
}

/** It has been there before the home database is, and so can tell that that does not come. */
function notifierOf({ config, project, replica, log }: ProgramOptions, { state }: Startup): Notifier {
  const { tenant, environmentName: environment, runbookUrl, http } = config;
  return createNotifier({
    clock: systemClock,
    log,
    channels: createChannels(config.notify),
    post: createPost(project.version),
    sender: { tenant, environment, publicUrl: http.publicUrl, runbookUrl },
    replica,
    intervalMs: config.sweep.intervalMs,
    kind: config.backend?.kind ?? null,
    home: () => {
      const { home } = state();
      return home && { database: home.database, ours: home.sweeper.refusal() === null };
    },
    random: Math.random,
  });
}

async function listen(app: FastifyInstance, http: Config['http']): Promise<string> {
  try {
    return await app.listen({ host: http.host, port: http.port });
  } catch (error) {
    throw new CannotListen(http, error);
  }
}

function reasonOf(code: string | undefined): string {
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

function warnLoudly({ disabledReason, http, sweep }: Config, log: Logger): void {
  if (disabledReason !== null) log.warn(`Nothing is being stopped: ${disabledReason}`);
  if (sweep.dryRun) log.warn('Dry run: nothing is being stopped (SWEEP_DRY_RUN is true)');
  if (http.allowAnonymous) log.warn(`Anybody who reaches ${http.host} may change things (ALLOW_ANONYMOUS is true)`);
}
