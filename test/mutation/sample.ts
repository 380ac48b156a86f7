import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pick, piecesOf } from './pieces.ts';

/**
 * Mutation testing of what asks a database: a mutant there needs the tests that have one, minutes instead of a second,
 * and all of them together days. So a sample is taken: whole functions, drawn by a seed, of about so many lines.
 *
 *     npm run test:mutation:sample [-- --seed 7] [-- --lines 300]
 */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = 'server/sweep/';
/** Without a database, and looked at whole: see stryker.config.json. */
const ELSEWHERE = new Set(['decide.ts', 'breaker.ts']);
const DEFAULTS = { seed: 1, lines: 300 };

const seed = numberAfter('--seed') ?? DEFAULTS.seed;
const lines = numberAfter('--lines') ?? DEFAULTS.lines;
const pieces = readdirSync(`${ROOT}${FOLDER}`)
  .filter((name) => !ELSEWHERE.has(name))
  .sort()
  .flatMap((name) => piecesOf(`${FOLDER}${name}`, readFileSync(`${ROOT}${FOLDER}${name}`, 'utf8')));
const picked = pick(pieces, lines, seed);
const all = pieces.reduce((sum, { from, to }) => sum + to - from + 1, 0);
console.log(`Seed ${seed}: ${picked.length} of ${pieces.length} functions, about ${lines} of ${all} lines.`);
for (const { file, from, name } of picked) console.log(`  ${file}:${from} ${name}`);
const mutate = picked.map(({ file, from, to }) => `${file}:${from}-${to}`).join(',');
const run = spawnSync('npx', ['stryker', 'run', 'test/mutation/sample.config.json', '--mutate', mutate], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = run.status ?? 1;

function numberAfter(flag: string): number | undefined {
  const at = process.argv.indexOf(flag);
  if (at === -1) return undefined;
  const value = Number(process.argv[at + 1]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${flag} wants a whole number above 0`);
  return value;
}
