import type { Logger } from 'pino';
import { createBackend } from '../backend-of.ts';
import type { Backend, Containers } from '../backends/backend.ts';
import { type Config, ConfigError } from '../config.ts';
import { type ConnectOptions, connect, type Database } from '../db/connect.ts';
import { visitEmbedded } from '../db/embedded.ts';
import { EmbeddedError } from '../db/embedded-error.ts';
import type { Project } from '../project.ts';
import { embeddedDirectory, fingerprintOf } from '../resources.ts';
import { systemClock } from '../sweep/clock.ts';
import { createContainerPlatform } from '../sweep/containers.ts';
import { createPlatform } from '../sweep/platform.ts';
import { TABLE_NEEDS } from '../sweep/platform-fault.ts';
import { createWorkspaces } from '../sweep/workspaces.ts';
import { checkControlPlane } from './check-control-plane.ts';
import { engineFinding } from './check-engine.ts';
import { checkHome } from './check-home.ts';
import { checkPlatform, reachPlatform } from './check-platform.ts';
import { type Remembered, standingFindings, tenantFinding } from './check-standing.ts';
import {
  type CheckLine,
  type Checklist,
  checksOf,
  createChecklist,
  type Finding,
  not,
  note,
  ok,
  PLATFORM_CHECKS,
  renderLine,
  setting,
} from './checklist.ts';
import { type CommandContext, JSON_OPTION, type RunnableCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

export const check: RunnableCommand = {
  name: 'check',
  summary: 'Says whether everything is as a sweep needs it, and stops nothing',
  about: [
    'One line each: ok, NOT (with the SQL or the setting that mends it), ? (could not be asked) or note.',
    'The first NOT is the one to mend first. It reads, asks the control plane for the status of live instances, and',
    'changes nothing: no Stop is sent, no row written, nothing migrated.',
  ],
  options: { json: JSON_OPTION },
  exits: {
    [EXIT.done]: 'no line says NOT',
    [EXIT.wrong]: 'one does, wrong settings and databases that are away included',
    [EXIT.usage]: 'the command line is wrong',
  },
  async run(context, given) {
    const lines = await runChecks(context);
    const wrong = lines.filter(({ state }) => state === 'not').length;
    if (given.flag('json')) context.tell(JSON.stringify({ ok: wrong === 0, lines }));
    else {
      for (const line of lines) context.tell(renderLine(line));
      context.tell(
        wrong === 0 ? 'All well. Nothing was changed.' : `${wrong} to mend, the first NOT first. Nothing was changed.`,
      );
    }
    return wrong === 0 ? EXIT.done : EXIT.wrong;
  },
};

type CheckDeps = Pick<CommandContext, 'readConfig' | 'createLog' | 'project'>;

export async function runChecks({ readConfig, createLog, project }: CheckDeps): Promise<readonly CheckLine[]> {
  const list = createChecklist();
  const config = readSettings(readConfig);
  if (config instanceof ConfigError) {
    await list.ask('settings', [], () => config.problems.map((problem) => not(problem)));
    for (const name of checksOf('control-plane')) if (name !== 'settings') await list.ask(name, ['settings'], () => []);
    return list.lines;
  }
  const set = config.settings.filter(({ source }) => source !== 'default').length;
  await list.ask('settings', [], () => [
    ok(`${set} set, the others have their defaults`),
    ...config.warnings.map((warning) => note(warning)),
  ]);
  await checkAll(list, config, project, createLog(config));
  return list.lines;
}

function readSettings(readConfig: () => Config): Config | ConfigError {
  try {
    return readConfig();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

async function checkAll(list: Checklist, config: Config, project: Project, log: Logger): Promise<void> {
  const { backend, containers } = createBackend(config, project.version);
  const opened: Database[] = [];
  const open = (url: string, options: Partial<ConnectOptions>): Database => {
    const onError = (error: Error): void => log.warn({ err: error }, 'A database connection broke');
    const database = connect(url, { max: 1, onError, ...options });
    opened.push(database);
    return database;
  };
  try {
    const home = await findHome(config, project, log);
    const homeDatabase = home.url === null ? null : open(home.url, { indexesOnly: true });
    await checkHome(list, { config, version: project.version, home: homeDatabase, absent: home.absent });
    const platformUrl = config.platform.url ?? home.url;
    const platformDatabase = platformUrl === null ? null : open(platformUrl, { rowSecurityOff: true });
    const subjects = { config, version: project.version, home: homeDatabase, backend, containers };
    if (containers !== null) await list.ask('engine', ['settings'], () => engineFinding(containers));
    await (platformDatabase === null
      ? checkWithoutPlatform(list, subjects)
      : checkWithPlatform(list, { ...subjects, database: platformDatabase }));
    await list.ask('now', ['memory'], () => standingFindings(subjects));
  } finally {
    await Promise.all([...opened.map((database) => database.close()), backend?.close()]);
  }
}

interface FoundHome {
  readonly url: string | null;
  /** Why there is none to ask. */
  readonly absent: Finding | null;
}

/** A check starts nothing: an embedded PostgreSQL is asked only where a server runs it. */
async function findHome({ home }: Config, project: Project, log: Logger): Promise<FoundHome> {
  if (home.kind === 'url') return { url: home.url, absent: null };
  const directory = embeddedDirectory(project);
  try {
    const url = await visitEmbedded({ directory, log });
    return { url, absent: note(`an embedded PostgreSQL in ${directory}, which does not run now`) };
  } catch (error) {
    if (error instanceof EmbeddedError) return { url: null, absent: not(error.message) };
    throw error;
  }
}

interface Subjects extends Remembered {
  readonly backend: Backend | null;
  readonly containers: Containers | null;
}

async function checkWithPlatform(list: Checklist, of: Subjects & { readonly database: Database }): Promise<void> {
  const { config, database } = of;
  const { table } = config.platform;
  const { containers } = of;
  // What is left over of Stops is in the home database; how many orphans there are now is told without those.
  const leftovers = async () => [];
  const platform =
    containers === null
      ? createPlatform(database, table)
      : createContainerPlatform({
          clock: systemClock,
          containers,
          workspaces: createWorkspaces(database, table),
          leftovers,
        });
  const needs = TABLE_NEEDS[config.backend?.kind ?? 'control-plane'];
  const checked = { table, database, platform, needs, clock: systemClock };
  await list.ask('platform', ['settings'], () => reachPlatform(checked));
  await list.ask('tenant', ['memory'], () => tenantFinding(of, fingerprintOf(config, database)));
  await checkPlatform(list, checked);
  const canReadPlatform = list.lines.some((line) => line.check === 'look' && line.state === 'ok');
  if (containers === null) await checkControlPlane(list, { ...of, ...checked, canReadPlatform });
}

async function checkWithoutPlatform(list: Checklist, of: Subjects): Promise<void> {
  const says = 'DATABASE_URL is not set, and the table of a platform is not in an embedded PostgreSQL';
  await list.ask('platform', ['settings'], () => not(says, setting('DATABASE_URL')));
  for (const name of PLATFORM_CHECKS) await list.ask(name, ['platform'], () => []);
  if (of.containers !== null) return;
  await checkControlPlane(list, { ...of, platform: null, clock: systemClock, canReadPlatform: false });
}
