// Builds dist/ from the sources; with --if-stale only when it is missing or older than one of them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entry = join(root, 'dist/server/main.js');

if (!process.argv.includes('--if-stale') || isStale()) build();

function isStale() {
  if (!existsSync(entry)) return true;
  const builtMs = statSync(entry).mtimeMs;
  return ['server', 'web', 'package.json', 'tsconfig.json'].some((source) => newestMs(join(root, source)) > builtMs);
}

function newestMs(path) {
  if (!existsSync(path)) return 0;
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function build() {
  const require = createRequire(import.meta.url);
  let compiler;
  try {
    compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  } catch {
    // Installed without development packages: what was built is what there is.
    if (existsSync(entry)) return;
    console.error('dist/ is missing, and TypeScript is not installed to build it: run npm ci, then npm run build.');
    process.exit(1);
  }
  rmSync(join(root, 'dist/server'), { recursive: true, force: true });
  rmSync(join(root, 'dist/server.tsbuildinfo'), { force: true });
  execFileSync(process.execPath, [compiler, '-b', 'server'], { cwd: root, stdio: 'inherit' });
  cpSync(join(root, 'server/db/migrations'), join(root, 'dist/server/db/migrations'), { recursive: true });
}
