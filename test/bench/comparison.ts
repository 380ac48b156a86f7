import type pg from 'pg';
import { type BenchControlPlane, nowMs } from './control-plane.ts';
import { mostAtOnce } from './figures.ts';
import type { Program } from './program.ts';
import { createPublishedAlgorithm } from './published-algorithm.ts';
import type { Scale } from './scale.ts';
import type { Workspaces } from './workspaces.ts';

/** Where the time of one sweep went. */
export interface SweepTimes {
  readonly wholeMs: number;
  /** Until its first Stop had arrived. */
  readonly beforeMs: number;
  /** From the first Stop that arrived to the last that was answered. */
  readonly stoppingMs: number;
  readonly afterMs: number;
}

export interface Competitor {
  readonly name: string;
  /** Null: one after another. */
  readonly width: number | null;
  /** One sweep over all that have leaked. */
  sweep(): Promise<{ readonly askedMs: number; readonly endedMs: number }>;
}

export interface Field {
  readonly workspaces: Workspaces;
  readonly controlPlane: BenchControlPlane;
  readonly scale: Scale;
}

/**
 * Alternating runs, so that whatever else the machine does strikes all of them. Throws when one has not stopped and
 * cleared everything, or had more Stops in flight than it may.
 *
 * @returns for each competitor its times, in the order of its counted runs
 */
export async function compare(
  field: Field,
  competitors: readonly Competitor[],
): Promise<Map<Competitor, SweepTimes[]>> {
  const times = new Map<Competitor, SweepTimes[]>(competitors.map((one) => [one, []]));
  for (let round = 0; round <= field.scale.runs; round += 1) {
    for (const [competitor, taken] of times) {
      const took = await runOnce(field, competitor);
      if (round > 0) taken.push(took);
    }
  }
  return times;
}

async function runOnce({ workspaces, controlPlane, scale }: Field, competitor: Competitor): Promise<SweepTimes> {
  await workspaces.leak(scale.orphans);
  await controlPlane.newStops();
  const { askedMs, endedMs } = await competitor.sweep();
  const stops = await controlPlane.newStops();
  const [left, most, width] = [await workspaces.leaked(), mostAtOnce(stops), competitor.width ?? 1];
  if (left > 0) throw new Error(`${competitor.name} left ${left} orphans`);
  if (stops.length !== scale.orphans) throw new Error(`${competitor.name} sent ${stops.length} Stops`);
  if (stops.some(({ status }) => status !== 200)) throw new Error(`${competitor.name}: a Stop was not answered`);
  if (most > width) throw new Error(`${competitor.name} had ${most} Stops in flight, and may have ${width}`);
  const firstMs = Math.min(...stops.map(({ startedMs }) => startedMs));
  const lastMs = Math.max(...stops.map((stop) => stop.endedMs));
  return {
    wholeMs: endedMs - askedMs,
    beforeMs: firstMs - askedMs,
    stoppingMs: lastMs - firstMs,
    afterMs: endedMs - lastMs,
  };
}

export function thisProgram(program: Program, width: number, orphans: number): Competitor {
  return {
    name: `this program, width ${width}`,
    width,
    async sweep() {
      const sweep = await program.sweep();
      if (sweep.result !== 'cleared' || sweep.counts['stopped'] !== orphans) {
        throw new Error(`the sweep ended as ${sweep.result}: ${JSON.stringify(sweep.counts)}`);
      }
      return sweep;
    },
  };
}

export function publishedAlgorithm(pool: pg.Pool, controlPlaneUrl: string): Competitor & { close(): void } {
  const published = createPublishedAlgorithm(pool, controlPlaneUrl);
  return {
    name: 'the published algorithm',
    width: null,
    close: published.close,
    async sweep() {
      const askedMs = nowMs();
      await published.sweep();
      return { askedMs, endedMs: nowMs() };
    },
  };
}
