// Builds dist/ from the sources; with --if-stale only when it is missing or older than one of them.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'dist/.built');
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const bundler = join(root, 'node_modules/vite/bin/vite.js');

if (!process.argv.includes('--if-stale')) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  build();
} else if (existsSync(compiler) ? isStale() : !existsSync(stamp)) build();

function isStale() {
  if (!existsSync(stamp)) return true;
  const builtMs = statSync(stamp).mtimeMs;
  return ['server', 'web', 'package.json', 'tsconfig.json'].some((source) => newestMs(join(root, source)) > builtMs);
}

function newestMs(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function build() {
  if (!existsSync(compiler)) {
    console.error('dist/ is missing, and TypeScript is not installed to build it: run npm ci, then npm run build.');
    process.exit(1);
  }
  // What changes while it is being built is built again next time.
  const begun = new Date();
  run(compiler, '-b', 'server');
  run(bundler, 'build', 'web', '--logLevel', 'warn');
  cpSync(join(root, 'server/db/migrations'), join(root, 'dist/server/db/migrations'), { recursive: true });
  writeFileSync(stamp, '');
  utimesSync(stamp, begun, begun);
}

function run(tool, ...args) {
  // Whoever develops with another NODE_ENV would get React's development build, of twice the size.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(process.execPath, [tool, ...args], { cwd: root, stdio: 'inherit', env });
}
