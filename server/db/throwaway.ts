import { chmod, mkdtemp, realpath, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import pg from 'pg';
import type { BaseLogger } from 'pino';
import { startEmbedded } from './embedded.ts';
import { EmbeddedError, errorCode } from './embedded-error.ts';

/** A PostgreSQL in a new folder of its own, for what may be broken on purpose. */
export interface ThrowawayDatabase {
  /** The superuser's, with the password. */
  readonly url: string;
  /** A temporary folder that everybody may enter. The data are in it, or (root's, where it is closed) elsewhere. */
  readonly folder: string;
  /** Where the data are. */
  readonly directory: string;
  /** Stops it and leaves nothing of it. Later calls wait for the first. */
  stop(): Promise<void>;
}

/** @param name what its folder's name begins with */
export async function startThrowaway(name: string, log: BaseLogger): Promise<ThrowawayDatabase> {
  const folder = await makeFolder(name);
  // Retried: somebody who was killed may be writing still.
  const removeFolder = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    // So that root's PostgreSQL, which runs as somebody else, can live here and leaves nothing elsewhere.
    await chmod(folder, 0o755);
    const { url, directory, stop } = await startEmbedded({ directory: folder, log });
    const stopAndRemove = async (): Promise<void> => {
      await stop();
      await removeFolder();
      if (!isInside(directory, folder)) await removeElsewhere(directory);
    };
    let stopping: Promise<void> | null = null;
    return {
      url,
      folder,
      directory,
      stop() {
        stopping ??= stopAndRemove();
        return stopping;
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function makeFolder(name: string): Promise<string> {
  try {
    return await realpath(await mkdtemp(join(tmpdir(), `${name}-`)));
  } catch (cause) {
    const message = `Cannot make a folder in ${tmpdir()}: ${String(cause)}. Set TMPDIR to one that this user may write to.`;
    throw new EmbeddedError('unusable_directory', message, { cause });
  }
}

/** The data of root's database under a closed folder: another one's may be beside them. */
async function removeElsewhere(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  try {
    await rmdir(dirname(directory));
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
  }
}

/**
 * Throws unless the URL leads to the PostgreSQL that serves this very folder, whose name nobody else could have chosen.
 * For whoever is about to break something, before the first write.
 */
export async function refuseForeign({ url, directory }: Pick<ThrowawayDatabase, 'url' | 'directory'>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // What breaks is thrown by the statement under way, or by the next; without a listener it would end the process, too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    const served = rows[0]?.data_directory ?? '';
    if (!isInside(served, directory)) {
      throw new Error(
        `Refused: this database is in ${served}, and the one that was started for this is in ${directory}.`,
      );
    }
  } finally {
    await client.end();
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way);
}
