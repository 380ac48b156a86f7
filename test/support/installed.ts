import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/**
 * Where a program of the system is. Where it is not installed the test is skipped, with a sentence; in CI, which installs
 * it, that is a failure.
 *
 * @param debianPackage what has it
 */
export function findInstalled(program: string, debianPackage: string, skip: (note: string) => never): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const missing = `${program} is not installed here: on Debian, apt-get install ${debianPackage}`;
  if (process.env['CI']) throw new Error(missing);
  return skip(missing);
}
