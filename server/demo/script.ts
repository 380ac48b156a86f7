import type { Outage } from './control-plane.ts';

/** Something that happens to the platform or its control plane while the demo runs. */
export type Happening =
  | { readonly kind: 'creation' }
  /** The workspace that lives longest is removed; `fails`: the call that should terminate its instance does. */
  | { readonly kind: 'removal'; readonly fails: boolean }
  | { readonly kind: 'outage begins'; readonly outage: Outage }
  | { readonly kind: 'outage ends' };

export interface Cue {
  /** Since the beginning. */
  readonly atMs: number;
  readonly happening: Happening;
}

/** Time as the script needs it; the sweeper's clock fits. */
export interface DemoClock {
  monotonicMs(): number;
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Three rounds and a bit in ten minutes. An outage outlasts some sweeps, however they fall. */
const ROUND_MS = 180_000;
const OUTAGES = ['refuse', '503', 'reset'] as const satisfies readonly Outage[];

const ROUND: readonly (Cue | { readonly atMs: number; readonly happening: 'outage begins' })[] = [
  { atMs: 40_000, happening: { kind: 'removal', fails: true } },
  { atMs: 60_000, happening: { kind: 'creation' } },
  { atMs: 75_000, happening: { kind: 'removal', fails: true } },
  { atMs: 90_000, happening: { kind: 'creation' } },
  { atMs: 110_000, happening: 'outage begins' },
  // These leak, too: their control plane is away.
  { atMs: 115_000, happening: { kind: 'removal', fails: false } },
  { atMs: 135_000, happening: { kind: 'removal', fails: false } },
  { atMs: 150_000, happening: { kind: 'outage ends' } },
  { atMs: 160_000, happening: { kind: 'creation' } },
  { atMs: 165_000, happening: { kind: 'creation' } },
  { atMs: 170_000, happening: { kind: 'creation' } },
  // As it should always be: nothing leaks.
  { atMs: 175_000, happening: { kind: 'removal', fails: false } },
];

/** What happens, in order of time, without an end. Each round has another kind of outage. */
export function* script(): Generator<Cue> {
  for (let round = 0; ; round += 1) {
    const outage = OUTAGES[round % OUTAGES.length] ?? 'refuse';
    for (const { atMs, happening } of ROUND) {
      yield {
        atMs: round * ROUND_MS + atMs,
        happening: happening === 'outage begins' ? { kind: happening, outage } : happening,
      };
    }
  }
}

export interface PlayDeps {
  readonly cues: Iterable<Cue>;
  readonly clock: DemoClock;
  readonly perform: (happening: Happening) => Promise<void>;
  /** Something could not happen; the rest goes on. */
  readonly onError: (error: unknown, happening: Happening) => void;
}

/** Lets everything happen at its time, one after the other, until the signal. */
export async function play({ cues, clock, perform, onError }: PlayDeps, signal: AbortSignal): Promise<void> {
  const begunMs = clock.monotonicMs();
  for (const { atMs, happening } of cues) {
    await clock.delay(Math.max(0, begunMs + atMs - clock.monotonicMs()), signal);
    if (signal.aborted) return;
    try {
      await perform(happening);
    } catch (error) {
      onError(error, happening);
    }
  }
}
