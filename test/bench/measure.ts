import pg from 'pg';
import type { Closing } from '../../server/demo/closing.ts';
import { type Competitor, compare, publishedAlgorithm, type SweepTimes, thisProgram } from './comparison.ts';
import { startControlPlaneProcess } from './control-plane.ts';
import { type BenchDatabases, startDatabases } from './database.ts';
import { listsAll, type PageTimes, timePages } from './inventory-pages.ts';
import { type CheckTimes, timeChecks } from './platform-checks.ts';
import { type Memory, type Program, startProgram } from './program.ts';
import type { Scale } from './scale.ts';
import { seedWorkspaces, type Workspaces } from './workspaces.ts';

/** What was measured with or without the recommended indexes. */
export interface Variant {
  readonly indexes: 'both' | 'none';
  readonly published: readonly SweepTimes[];
  readonly ours: readonly { readonly width: number; readonly times: readonly SweepTimes[] }[];
  readonly checks: CheckTimes;
  /** From the start of the process to its first Stop, the home database being migrated already. */
  readonly firstStopMs: readonly number[];
  /** After all these sweeps, of the first width. */
  readonly memory: Memory;
}

export interface Measured {
  readonly postgres: string;
  readonly variants: readonly Variant[];
  readonly pages: PageTimes;
}

/** What leaks between two looks: one that finds all of them new takes a while. */
const LEAKED_AT_ONCE = 20_000;
/** So many orphans are there when a process is started. */
const AT_START = 3;

interface Bench {
  readonly databases: BenchDatabases;
  readonly platformUrl: string;
  readonly pool: pg.Pool;
  readonly workspaces: Workspaces;
  readonly controlPlane: Awaited<ReturnType<typeof startControlPlaneProcess>>;
  readonly closing: Closing;
  readonly scale: Scale;
  readonly tell: (sentence: string) => void;
}

export async function measure(scale: Scale, closing: Closing, tell: (sentence: string) => void): Promise<Measured> {
  const databases = await startDatabases(closing);
  const controlPlane = await startControlPlaneProcess(closing, scale.stopMs);
  const platformUrl = await databases.create('platform');
  const pool = new pg.Pool({ connectionString: platformUrl, max: 1 });
  closing.add(() => pool.end());
  tell(`PostgreSQL ${databases.version} of its own; writing ${scale.rows.toLocaleString('en-US')} workspaces`);
  const workspaces = await seedWorkspaces(pool, controlPlane, scale.rows);
  const bench: Bench = { databases, platformUrl, pool, workspaces, controlPlane, closing, scale, tell };

  const none = await measureVariant(bench, 'none');
  await workspaces.buildIndexes();
  const both = await measureVariant(bench, 'both');
  return { postgres: databases.version, variants: [both, none], pages: await measurePages(bench) };
}

async function measureVariant(bench: Bench, indexes: Variant['indexes']): Promise<Variant> {
  const { scale, pool, workspaces, controlPlane, closing, tell } = bench;
  tell(`Indexes: ${indexes}`);
  const firstStopMs = await timeStarts(bench, `starts_${indexes}`);
  const published = publishedAlgorithm(pool, controlPlane.url);
  const ours = new Map<Competitor, { width: number; program: Program }>();
  for (const width of scale.widths) {
    const settings = await settingsFor(bench, `home_${indexes}_${width}`, width);
    await workspaces.leak(AT_START);
    const program = startProgram(settings);
    closing.add(program.close);
    await program.bootSweep;
    ours.set(thisProgram(program, width, scale.orphans), { width, program });
  }
  const times = await compare(bench, [published, ...ours.keys()]);
  published.close();
  for (const [{ name }, taken] of times) tell(`${name}: ${taken.map((one) => Math.round(one.wholeMs)).join(', ')} ms`);

  const [first] = ours.values();
  if (first === undefined) throw new RangeError('there is a width at least');
  const memory = await first.program.memory();
  for (const { program } of ours.values()) await program.close();
  await workspaces.leak(scale.orphans);
  const checks = await timeChecks(bench.platformUrl, pool);
  return {
    indexes,
    published: times.get(published) ?? [],
    ours: [...ours].map(([competitor, { width }]) => ({ width, times: times.get(competitor) ?? [] })),
    checks,
    firstStopMs,
    memory,
  };
}

/** Whoever reads only the platform's rows needs a home of its own: one home knows one platform by one process. */
async function settingsFor({ databases, platformUrl, controlPlane }: Bench, home: string, width: number) {
  return {
    DATABASE_URL: await databases.create(home),
    PLATFORM_DATABASE_URL: platformUrl,
    CONTROL_PLANE_URL: controlPlane.url,
    SWEEP_CONCURRENCY: String(width),
    // More leak here within ten minutes than on any platform.
    SWEEP_SURGE_LIMIT: 'unlimited',
  };
}

/** The first start migrates, and does not count. */
async function timeStarts(bench: Bench, home: string): Promise<number[]> {
  const { scale, workspaces, controlPlane, closing } = bench;
  const settings = await settingsFor(bench, home, scale.widths[0] ?? 1);
  const took: number[] = [];
  for (let start = 0; start <= scale.runs; start += 1) {
    await workspaces.leak(AT_START);
    await controlPlane.newStops();
    const program = startProgram(settings);
    closing.add(program.close);
    const { result } = await program.bootSweep;
    if (result !== 'cleared') throw new Error(`the sweep at boot ended as ${result}`);
    const stops = await controlPlane.newStops();
    took.push(Math.min(...stops.map(({ startedMs }) => startedMs)) - program.startedMs);
    await program.close();
  }
  return took.slice(1);
}

/** Nothing is stopped here: what is listed has never been launched. */
async function measurePages(bench: Bench): Promise<PageTimes> {
  const { scale, workspaces, closing, tell } = bench;
  tell(`Pages of ${scale.listed.toLocaleString('en-US')} orphans`);
  const program = startProgram({ ...(await settingsFor(bench, 'home_pages', 10)), SWEEP_LIMIT: '0' });
  closing.add(program.close);
  await program.bootSweep;
  for (let missing = 1; missing > 0; ) {
    missing = scale.listed - (await workspaces.leaked());
    await workspaces.pretendLeaked(Math.min(missing, LEAKED_AT_ONCE));
    await listsAll(program, scale.listed - Math.max(0, missing - LEAKED_AT_ONCE));
  }
  const pages = await timePages(program, scale);
  await program.close();
  return pages;
}
