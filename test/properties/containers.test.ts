import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EVENT_KINDS, type EventKind, startContainerRun } from '../support/container-promises.ts';
import { createContainerWorld } from '../support/containers.ts';

const SEQUENCES = 150;
const LEAST_SHARE = 0.2;

const sequences = fc.array(fc.record({ kind: fc.constantFrom(...EVENT_KINDS), pick: fc.nat(999) }), {
  minLength: 20,
  maxLength: 45,
  size: 'max',
});

/** The same sequences in every run; PROPERTY_SEED looks for others, PROPERTY_PATH plays one again. */
it(`${SEQUENCES} sequences of events break no promise of containers`, { timeout: 3_600_000 }, async () => {
  const seed = Number(process.env['PROPERTY_SEED'] ?? 0);
  const path = process.env['PROPERTY_PATH'];
  const all = await createContainerWorld();
  const happened: EventKind[][] = [];
  try {
    const property = fc.asyncProperty(sequences, async (events) => {
      const run = await startContainerRun(all);
      const kinds: EventKind[] = [];
      for (const { kind, pick } of events) {
        if (await run.happen(kind, pick)) kinds.push(kind);
        if (run.complaints.length > 0) throw new Error(`after ${kind}: ${run.complaints.join('; ')}`);
      }
      await run.finish();
      if (run.complaints.length > 0) throw new Error(`when all was well again: ${run.complaints.join('; ')}`);
      happened.push(kinds);
    });
    const found = await fc.check(property, {
      seed,
      numRuns: SEQUENCES,
      endOnFailure: path === undefined,
      ...(path === undefined ? {} : { path }),
    });
    if (found.failed) {
      const replay = `PROPERTY_SEED=${seed} PROPERTY_PATH=${found.counterexamplePath}`;
      const events = (found.counterexample?.[0] ?? []).map(({ kind, pick }) => `${kind} (${pick})`).join('\n');
      throw new Error(`${replay}\n${events}`, { cause: found.errorInstance });
    }
  } finally {
    await all.close();
  }
  const shares = EVENT_KINDS.map((kind) => ({
    kind,
    share: happened.filter((kinds) => kinds.includes(kind)).length / happened.length,
  }));
  console.log(shares.map(({ kind, share }) => `${(share * 100).toFixed(0).padStart(4)} %  ${kind}`).join('\n'));
  expect(happened).toHaveLength(SEQUENCES);
  expect(shares.filter(({ share }) => share < LEAST_SHARE)).toEqual([]);
});
