import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedError, errorCode } from './embedded-error.ts';
import { CLUSTER, type Place } from './embedded-place.ts';
import { run } from './embedded-run.ts';

/** The superuser of the embedded database, and the name of the one database in it that is ours. */
export const NAME = 'orphan_sweeper';

/** A PostgreSQL data folder with what is needed to run it and to log in. */
export interface Cluster extends Place {
  readonly data: string;
  readonly logFile: string;
  readonly password: string;
}

const NEW_CLUSTER = `${CLUSTER}.new-`;
/** The owner and whoever made it may remove it at once: then a folder is not empty that was a moment ago. */
const REMOVE = { recursive: true, force: true, maxRetries: 10 };

/** The cluster of this place, created if there is none. Safe to be called by two processes at once. */
export async function openCluster(place: Place): Promise<Cluster> {
  const existing = await readCluster(place);
  if (existing) return existing;
  await createCluster(place);
  const created = await readCluster(place);
  if (created) return created;
  throw new EmbeddedError(
    'unusable_directory',
    `${join(place.home, CLUSTER)} is not a database of this program. Move it away to begin with an empty one.`,
  );
}

/** Removes what processes that died while creating a cluster left. Only for the owner: a rival may be at it still. */
export async function removeUnfinished(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(NEW_CLUSTER)) await rm(join(home, name), REMOVE);
  }
}

/** Undefined: there is none. */
export async function readCluster(place: Place): Promise<Cluster | undefined> {
  const folder = join(place.home, CLUSTER);
  const data = join(folder, 'data');
  const major = await readIfThere(join(data, 'PG_VERSION'));
  if (major === undefined) return undefined;
  if (major !== place.major) {
    throw new EmbeddedError(
      'other_version',
      `The database in ${data} was made by PostgreSQL ${major}, and the embedded one is ${place.major}. Move its data ` +
        'with pg_dump and psql, start the older version of this program, or move the folder away to begin anew.',
    );
  }
  const passwordFile = join(folder, 'password');
  const password = await readIfThere(passwordFile);
  if (!password) {
    throw new EmbeddedError('not_ours', `The database in ${data} cannot be opened: ${passwordFile} is gone or empty.`);
  }
  return { ...place, data, logFile: join(folder, 'server.log'), password };
}

/**
 * Data and password come into being in a folder of their own, which is then renamed: whoever sees the cluster sees all
 * of it, and of two processes that create one at the same time, the second finds the first one's in place.
 */
async function createCluster(place: Place): Promise<void> {
  const unfinished = join(place.home, NEW_CLUSTER + randomBytes(6).toString('hex'));
  try {
    await initialize(place, unfinished);
    await rename(unfinished, join(place.home, CLUSTER));
  } catch (error) {
    await rm(unfinished, REMOVE);
    // In the way: another process's cluster, or something else, which openCluster tells apart.
    const inTheWay = ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error) ?? '');
    if (!inTheWay && !(await readCluster(place))) throw error;
  }
}

async function initialize({ programs, account, home }: Place, folder: string): Promise<void> {
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(data, { recursive: true });
  await chmod(folder, account ? 0o755 : 0o700);
  await writeFile(passwordFile, randomBytes(24).toString('base64url'), { flag: 'wx', mode: 0o600 });
  await writeFile(join(folder, 'server.log'), '', { flag: 'wx', mode: 0o600 });
  if (account) {
    for (const name of await readdir(folder)) await chown(join(folder, name), account.uid, account.gid);
  }
  const { exitCode, output } = await run(
    join(programs, 'bin', 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${NAME}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
      '--set=listen_addresses=127.0.0.1',
      // The path of a socket must be short and its folder writable: a project's folder is not always either.
      '--set=unix_socket_directories=',
      '--set=timezone=UTC',
      '--set=log_timezone=UTC',
      // Two lines every five minutes in a log that nobody rotates.
      '--set=log_checkpoints=off',
    ],
    { account, cwd: home },
  );
  if (exitCode !== 0) {
    throw new EmbeddedError('init_failed', `Cannot create the embedded database in ${home}. initdb said: ${output}`);
  }
}

/** A file's text without the white space around it; undefined when there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
