import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { platform, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { BaseLogger } from 'pino';
import { copyBinaries, findBinaryPackage, prepareBinaries } from './embedded-binaries.ts';
import { EmbeddedError, errorCode } from './embedded-error.ts';
import { type Account, type RunResult, run } from './embedded-run.ts';

/** Where a database lives, and who runs it. */
export interface Place {
  /** Holds everything of this one database: data, password, log and, where needed, a copy of the programs. */
  readonly home: string;
  /** PostgreSQL's programs: `bin`, `lib` and `share`. */
  readonly programs: string;
  /** undefined: ourselves. */
  readonly account: Account | undefined;
  /** The major version of the programs. */
  readonly major: string;
}

/** Under a home: the cluster, created by `openCluster`. */
export const CLUSTER = 'postgres';

/** For root, when the account that runs PostgreSQL cannot enter the project. */
const SHARED_HOME = '/var/lib/orphan-sweeper';

/** Accounts that need no creating, the most fitting first. `_postgres` is macOS's. */
const ACCOUNTS = ['postgres', '_postgres', 'nobody'];

export async function findPlace(directory: string, log: BaseLogger): Promise<Place> {
  const packageDirectory = findBinaryPackage();
  const { home, account } = runsAsRoot() ? await findHomeAsRoot(directory) : await findHome(directory);
  let programs = await prepareBinaries(packageDirectory, join(home, 'binaries'));
  let version = await tryProgram(programs, home, account);
  if (version.exitCode !== 0 && account) {
    programs = await copyBinaries(packageDirectory, join(home, 'binaries'));
    version = await tryProgram(programs, home, account);
  }
  const major = /\(PostgreSQL\) (\d+)/.exec(version.output)?.[1];
  if (version.exitCode !== 0 || major === undefined) {
    throw new EmbeddedError(
      'binaries_unusable',
      `The embedded PostgreSQL in ${programs} does not run on this system (it needs glibc on Linux). ` +
        `Set DATABASE_URL to a PostgreSQL of your own. It said: ${version.output}`,
    );
  }
  refuseShellCharacters(home);
  refuseShellCharacters(programs);
  if (account) {
    log.info({ user: account.name, home, programs }, 'running as root: the embedded PostgreSQL runs as another user');
  }
  return { home, programs, account, major };
}

function runsAsRoot(): boolean {
  try {
    return userInfo().uid === 0;
  } catch (cause) {
    throw new EmbeddedError(
      'unusable_user',
      'PostgreSQL cannot run as a user whom the system does not know (a container started with an arbitrary user id). ' +
        'Give the user a name, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

interface Home {
  readonly home: string;
  readonly account: Account | undefined;
}

async function findHome(directory: string): Promise<Home> {
  await mkdir(directory, { recursive: true });
  return { home: await realpath(directory), account: undefined };
}

/** PostgreSQL refuses to run as root. It runs as an account that exists, in a folder which that account can enter. */
async function findHomeAsRoot(directory: string): Promise<Home> {
  await mkdir(directory, { recursive: true });
  const home = await realpath(directory);
  const shared = join(SHARED_HOME, createHash('sha256').update(home).digest('hex').slice(0, 12));
  // A database that is there already is used where it is and as whom it belongs to, also when the folder's
  // permissions have changed since: an empty one in the other place would be a memory silently lost.
  for (const candidate of [home, shared]) {
    const owner = await ownerOf(join(candidate, CLUSTER, 'data'));
    if (owner) {
      if (await canEnter(owner, candidate)) {
        return { home: candidate, account: owner };
      }
      throw new EmbeddedError(
        'unusable_directory',
        `The database in ${candidate} belongs to user ${owner.name}, who can no longer enter that folder. ` +
          'Let others enter the folders above it (chmod o+x), or move it away to begin with an empty one.',
      );
    }
  }
  const account = await findAccount();
  if (await canEnter(account, home)) {
    return { home, account };
  }
  // Whatever our umask is, the account has to get in.
  await mkdir(shared, { recursive: true });
  await chmod(dirname(shared), 0o755);
  await chmod(shared, 0o755);
  return { home: shared, account };
}

async function findAccount(): Promise<Account> {
  const accounts = await readAccounts();
  for (const name of ACCOUNTS) {
    const account = accounts.find((one) => one.name === name && one.uid > 0);
    if (account) {
      return account;
    }
  }
  throw new EmbeddedError(
    'unusable_user',
    `PostgreSQL refuses to run as root, and there is no user ${ACCOUNTS.join(' or ')} to run it as. ` +
      'Start this program as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

async function readAccounts(): Promise<Account[]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** Whom a folder belongs to; undefined when there is none, or when it is root's. */
async function ownerOf(path: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(path);
    const known = (await readAccounts()).find((account) => account.uid === uid);
    return uid === 0 ? undefined : { name: known?.name ?? String(uid), uid, gid };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/** Asked of the system rather than read from mode bits, which say nothing of access lists. */
async function canEnter(account: Account, directory: string): Promise<boolean> {
  const { exitCode } = await run('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { account, cwd: '/' });
  return exitCode === 0;
}

async function tryProgram(programs: string, home: string, account: Account | undefined): Promise<RunResult> {
  try {
    return await run(join(programs, 'bin', 'postgres'), ['--version'], { account, cwd: home });
  } catch (error) {
    // EACCES: not for this account. ENOENT: its loader is not there, as on a Linux with another libc.
    return { exitCode: null, output: String(error) };
  }
}

/** pg_ctl and initdb hand these paths to a shell in double quotes. */
function refuseShellCharacters(path: string): void {
  if (platform() !== 'win32' && /["$`\\]/.test(path)) {
    throw new EmbeddedError(
      'unusable_directory',
      `PostgreSQL's own programs cannot work in ${path}: no folder's name may hold any of " $ \` \\. ` +
        'Move the project, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
}
