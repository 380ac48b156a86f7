import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import pLimit from 'p-limit';
import { EDITS, type Edit } from './edits.ts';

/**
 * Proves that the tests hold the sweep to every clause: each edit drops or turns one, in a copy of the project, and the
 * tests that guard it must go red. A suite that stays green is a test that cannot fail, and ends this with 1.
 *
 *   npm run test:clauses [part of an edit's claim]
 *   npm run test:clauses -- --part 2/3    every third of them, from the second on
 */

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
/** Two at once, whatever the machine: each starts a PostgreSQL of its own. */
const AT_ONCE = 2;

interface Verdict {
  readonly edit: Edit | null;
  readonly ok: boolean;
  readonly detail: string;
}

const { values, positionals } = parseArgs({
  options: { part: { type: 'string', default: '1/1' } },
  allowPositionals: true,
});
const [which = 0, of = 0] = values.part.split('/').map(Number);
if (!(which >= 1 && which <= of)) throw new RangeError(`--part: which of how many, such as 2/3, not ${values.part}`);
const wanted = positionals[0] ?? '';
const edits = EDITS.filter((edit, index) => edit.claim.includes(wanted) && index % of === which - 1);
// An empty run, or one that lost half of its edits on the way, must not pass for a green one.
if (EDITS.length < 95) throw new Error(`only ${EDITS.length} edits: some have been lost`);
if (edits.length === 0) throw new Error(`no edit's claim contains ${JSON.stringify(wanted)}`);

const limit = pLimit(AT_ONCE);
const verdicts = await Promise.all([limit(baseline), ...edits.map((edit) => limit(() => judge(edit)))]);
const bad = verdicts.filter((verdict) => !verdict.ok);
for (const { edit, detail } of bad) console.log(`\nNOT RED: ${edit?.claim ?? 'the unedited project'}\n${detail}`);
console.log(`\n${verdicts.length - bad.length} passed, ${bad.length} failed`);
process.exitCode = bad.length === 0 ? 0 : 1;

/** Without an edit the same tests are green: else every edit would seem to be noticed. */
async function baseline(): Promise<Verdict> {
  const tests = [...new Set(edits.flatMap((edit) => edit.tests))];
  const { failed, passed, output } = await inCopy((copy) => runTests(copy, tests));
  const ok = failed === 0 && passed > 0;
  console.log(`${ok ? 'green' : 'RED'}  unedited: ${passed} tests pass`);
  return { edit: null, ok, detail: output };
}

async function judge(edit: Edit): Promise<Verdict> {
  const { failed, output } = await inCopy(async (copy) => {
    const path = join(copy, edit.file);
    const source = await readFile(path, 'utf8');
    const places = source.split(edit.find).length - 1;
    if (places !== 1) throw new Error(`${edit.claim}: ${edit.file} has ${places} places with ${edit.find}`);
    await writeFile(
      path,
      source.replace(edit.find, () => edit.replace),
    );
    return runTests(copy, edit.tests);
  });
  console.log(`${failed > 0 ? 'red ' : 'GREEN'}  ${edit.claim}`);
  return { edit, ok: failed > 0, detail: output };
}

async function inCopy<Result>(act: (copy: string) => Promise<Result>): Promise<Result> {
  const copy = await mkdtemp(join(tmpdir(), 'clauses-'));
  try {
    for (const part of ['server', 'test', 'web', 'package.json', 'tsconfig.json', 'vitest.config.ts']) {
      await cp(join(root, part), join(copy, part), { recursive: true });
    }
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    return await act(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Counts tests, not exit codes: a project that does not even load has no test that noticed anything. */
async function runTests(copy: string, tests: readonly string[]) {
  const report = join(copy, 'report.json');
  const vitest = join(dirname(fileURLToPath(import.meta.resolve('vitest/package.json'))), 'vitest.mjs');
  const args = [vitest, 'run', '--bail=1', '--retry=0', '--reporter=json', `--outputFile=${report}`, ...tests];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: copy, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  const { numFailedTests: failed, numPassedTests: passed }: { numFailedTests: number; numPassedTests: number } =
    JSON.parse(await readFile(report, 'utf8'));
  return { failed, passed, output: `${stdout}\n${stderr}`.slice(-4000) };
}
