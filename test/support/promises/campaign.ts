import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createWorld } from '../world.ts';
import { checkPromises } from './checks.ts';
import { CONTROL_PLANE_EVENTS } from './control-plane-events.ts';
import { type Event, KINDS, type Kind, sequences } from './events.ts';
import { finish } from './finale.ts';
import { needsOf } from './needs.ts';
import { PERSON_EVENTS } from './person-events.ts';
import { type Happen, PLATFORM_EVENTS } from './platform-events.ts';
import { type Run, SETTINGS, startRun } from './run.ts';
import { SWEEPER_EVENTS } from './sweeper-events.ts';

const HAPPENINGS: Readonly<Record<Kind, Happen>> = {
  ...PLATFORM_EVENTS,
  ...CONTROL_PLANE_EVENTS,
  ...SWEEPER_EVENTS,
  ...PERSON_EVENTS,
};

/** What of a sequence has really happened. */
type Happened = readonly Kind[];

async function happen(run: Run, { kind, pick, turn }: Event): Promise<boolean> {
  run.model.begin();
  run.looked = false;
  run.overlaps = false;
  const happened = await HAPPENINGS[kind](run, pick, turn);
  await checkPromises(run);
  return happened;
}

async function play(run: Run, events: readonly Event[]): Promise<Happened> {
  const kinds: Kind[] = [];
  for (const planned of events) {
    for (const event of [...needsOf(run, planned), planned]) {
      if (await happen(run, event)) kinds.push(event.kind);
      if (run.complaints.length > 0) throw new Error(`after ${event.kind}: ${run.complaints.join('; ')}`);
    }
  }
  await finish(run);
  if (run.complaints.length > 0) throw new Error(`when all was well again: ${run.complaints.join('; ')}`);
  return kinds;
}

const SEQUENCES = 250;
const FEWEST_EVENTS = 30;
const LEAST_SHARE = 0.2;

/** The same sequences in every run, so that a change is judged by itself; PROPERTY_SEED looks for others. */
function seedOf(shard: number): number {
  const given = process.env['PROPERTY_SEED'];
  return ((given === undefined ? 0 : Number(given)) + shard) | 0;
}

/** A quarter of all sequences: several files share two processors, and each has a world of its own. */
export function provePromises(shard: number): void {
  it(`${SEQUENCES} sequences of events break no promise`, { timeout: 3_600_000 }, async () => {
    const seed = seedOf(shard);
    const path = process.env['PROPERTY_PATH'];
    const world = await createWorld({ settings: SETTINGS });
    const all: Happened[] = [];
    try {
      const property = fc.asyncProperty(sequences, async (events) => {
        all.push(await play(await startRun(world), events));
      });
      // A failure is shown as it came. To shrink one takes minutes: PROPERTY_PATH asks for that.
      const found = await fc.check(property, {
        seed,
        numRuns: SEQUENCES,
        endOnFailure: path === undefined,
        ...(path === undefined ? {} : { path }),
      });
      if (found.failed) {
        const replay = `PROPERTY_SEED=${seed - shard} PROPERTY_PATH=${found.counterexamplePath}`;
        throw new Error(`${replay}\n${written(found.counterexample)}`, { cause: found.errorInstance });
      }
    } finally {
      await world.close();
    }
    report(shard, seed, all);
  });
}

function written(counterexample: [Event[]] | null): string {
  return (counterexample?.[0] ?? []).map(({ kind, pick, turn }) => `${kind} (${pick}, ${turn})`).join('\n');
}

/** A run that was empty, or nearly, must not be green. */
function report(shard: number, seed: number, all: readonly Happened[]): void {
  const lengths = all.map((kinds) => kinds.length).sort((a, b) => a - b);
  const median = lengths[Math.floor(lengths.length / 2)] ?? 0;
  const shares = KINDS.map((kind) => {
    const events = all.reduce((sum, kinds) => sum + kinds.filter((one) => one === kind).length, 0);
    return { kind, events, share: all.filter((kinds) => kinds.includes(kind)).length / all.length };
  });
  console.log(
    [
      `part ${shard}, seed ${seed}: ${all.length} sequences, ${lengths.reduce((a, b) => a + b, 0)} events, median ${median}`,
      ...shares.map(
        ({ kind, events, share }) => `${String(events).padStart(6)}  ${(share * 100).toFixed(0)} %  ${kind}`,
      ),
    ].join('\n'),
  );
  expect(all.length).toBe(SEQUENCES);
  expect(median).toBeGreaterThanOrEqual(FEWEST_EVENTS);
  expect(shares.filter(({ share }) => share < LEAST_SHARE).map(({ kind }) => kind)).toEqual([]);
}
