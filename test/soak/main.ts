/**
 * Thousands of sweeps in one process, at full speed, while orphans come and go: what is left over afterwards leaks.
 *
 *   npm run test:soak [-- --sweeps 5000]
 */
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createClosing } from '../../server/demo/closing.ts';
import { isolate } from '../../server/isolation.ts';
import { startDatabases } from '../bench/database.ts';
import { startMoodyControlPlane } from './control-plane.ts';
import { collectedHeap, judgeHeap } from './heap.ts';
import { createBusyPlatform } from './platform.ts';
import { startSoakedSweeper } from './sweeper.ts';

const ORPHANS = 2_000;
/** As many as a sweep stops, so that about as many are there all the time. */
const LEAKS_A_SWEEP = 85;
const SAMPLES = 40;

const { values } = parseArgs({ options: { sweeps: { type: 'string', default: '5000' } } });
const sweeps = Number(values.sweeps);
if (!Number.isInteger(sweeps) || sweeps < SAMPLES) throw new RangeError(`--sweeps: a whole number from ${SAMPLES} on`);

const { ignored } = isolate(process.env, 'The soak');
for (const name of ignored) delete process.env[name];

const closing = createClosing();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void closing.closeAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)));
}
const failures: string[] = [];
const expect = (ok: boolean, sentence: string): void => {
  console.log(`${ok ? 'ok ' : 'NOT'} ${sentence}`);
  if (!ok) failures.push(sentence);
};
try {
  const databases = await startDatabases(closing);
  const controlPlane = await startMoodyControlPlane(closing);
  const homeUrl = await databases.create('home');
  const platformUrl = await databases.create('platform');
  const platform = await createBusyPlatform(platformUrl, closing);
  const watch = new pg.Client({ connectionString: homeUrl });
  await watch.connect();
  closing.add(() => watch.end());
  const count = async (what: string): Promise<number> =>
    (await watch.query<{ count: number }>(`select count(*)::int as count from ${what}`)).rows[0]?.count ?? -1;
  const sessions = `pg_stat_activity where datname in ('home', 'platform') and pid <> pg_backend_pid()`;
  // The platform's own one is opened by now.
  const sessionsBefore = await count(sessions);
  const handlesBefore = handles();

  const startedMs = performance.now();
  const sweeper = await startSoakedSweeper(homeUrl, platformUrl, controlPlane.url);
  await platform.goOn(ORPHANS);
  const heap: number[] = [];
  const results = new Map<string, number>();
  const every = Math.floor(sweeps / SAMPLES);
  for (let i = 1; i <= sweeps; i += 1) {
    await platform.goOn(LEAKS_A_SWEEP);
    const { result } = await sweeper.sweep();
    results.set(result, (results.get(result) ?? 0) + 1);
    if (i % every === 0) {
      const bytes = collectedHeap();
      heap.push(bytes);
      // It takes long: whoever has to stop it keeps what was seen until then.
      console.log(`${i} sweeps after ${sinceMinutes(startedMs)} min: heap ${mb(bytes)} MB`);
    }
  }
  const minutes = sinceMinutes(startedMs);
  const open = await count('sweeper.orphans where resolved_at is null');
  const attempts = await count('sweeper.attempts');
  const unfinished = await count('sweeper.attempts where outcome is null');
  await sweeper.close();

  const { second, last, grows } = judgeHeap(heap);
  console.log(`${sweeps} sweeps, ${attempts} attempts, ${open} orphans left, ${minutes} min`);
  console.log(`results: ${[...results].map(([name, of]) => `${of} ${name}`).join(', ')}`);
  expect(attempts > sweeps * 50, `${attempts} attempts were made by ${controlPlane.stops()} Stops`);
  expect(unfinished === 0, `${unfinished} attempts have no outcome`);
  expect(!grows, `heap ${mb(second)} MB in the second quarter, ${mb(last)} MB in the last`);
  const left = async (): Promise<string[]> => [
    ...several(await controlPlane.connections(), 'connections to the control plane'),
    ...several((await count(sessions)) - sessionsBefore, 'sessions of the databases'),
    ...newHandles(handlesBefore),
  ];
  // The other ends hear of it a little later.
  for (let i = 0; i < 100 && (await left()).length > 0; i += 1) await delay(100);
  const leftOver = await left();
  expect(leftOver.length === 0, `left over: ${leftOver.join(', ') || 'no handle, connection or timer'}`);
} finally {
  await closing.closeAll();
}
console.log(`\n${failures.length === 0 ? 1 : 0} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

function several(count: number, what: string): string[] {
  return count === 0 ? [] : [`${count} ${what}`];
}

function handles(): ReadonlyMap<string, number> {
  const counted = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counted.set(kind, (counted.get(kind) ?? 0) + 1);
  return counted;
}

function newHandles(before: ReadonlyMap<string, number>): string[] {
  return [...handles()].filter(([kind, now]) => now > (before.get(kind) ?? 0)).map(([kind, now]) => `${now} ${kind}`);
}

function sinceMinutes(startedMs: number): string {
  return ((performance.now() - startedMs) / 60_000).toFixed(1);
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
