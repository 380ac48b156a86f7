import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/**
 * The folder of a project that holds what was built from the sources as they are now: once per run, and apart from
 * dist/, which somebody else may be building at this very moment. The console comes of the product's own build.
 */
export async function builtProject(runDirectory: string, options: { readonly console: boolean }): Promise<string> {
  const built = join(runDirectory, options.console ? 'built-with-console' : 'built');
  if (existsSync(built)) return built;
  // Built under another name and renamed: whoever else was building meanwhile has only worked in vain.
  const building = `${built}-${randomBytes(4).toString('hex')}`;
  await mkdir(building);
  for (const name of ['server', 'package.json', 'tsconfig.json', ...(options.console ? ['web'] : [])]) {
    await cp(join(PROJECT, name), join(building, name), { recursive: true });
  }
  await symlink(join(PROJECT, 'node_modules'), join(building, 'node_modules'));
  await (options.console ? buildAll(building) : buildServer(building));
  await rename(building, built).catch((error: unknown) => {
    if (!existsSync(built)) throw error;
  });
  return built;
}

async function buildAll(folder: string): Promise<void> {
  // As a person builds it: under the test runner's NODE_ENV it would be React's development build.
  const { NODE_ENV: _ofTheTestRunner, ...env } = process.env;
  await run(process.execPath, ['server/build.mjs'], { cwd: folder, env });
}

async function buildServer(folder: string): Promise<void> {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  await run(process.execPath, [compiler, '-b', 'server'], { cwd: folder });
  await cp(join(folder, 'server/db/migrations'), join(folder, 'dist/server/db/migrations'), { recursive: true });
}
