import { describe, expect, it } from 'vitest';
import { OPENING } from '../../server/demo/opening.ts';
import { type Cue, type Happening, play, script } from '../../server/demo/script.ts';

const MINUTE = 60_000;

function firstMinutes(minutes: number): Cue[] {
  const cues: Cue[] = [];
  for (const cue of script()) {
    if (cue.atMs > minutes * MINUTE) return cues;
    cues.push(cue);
  }
  throw new Error('the script has ended');
}

/** Time that goes by only when somebody waits, and then at once. */
function fakeClock() {
  let nowMs = 1_000_000;
  return {
    monotonicMs: () => nowMs,
    delay: async (ms: number) => {
      nowMs += ms;
    },
  };
}

describe('the script of the demo', () => {
  it('goes forward in time', () => {
    const times = firstMinutes(60).map(({ atMs }) => atMs);
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  it('has outages that begin and end, of every kind, within ten minutes, and each outlasts a sweep', () => {
    const outages = firstMinutes(10).filter(({ happening }) => happening.kind.startsWith('outage'));
    expect(outages.length).toBeGreaterThanOrEqual(6);
    outages.forEach(({ atMs, happening }, index) => {
      expect(happening.kind).toBe(index % 2 === 0 ? 'outage begins' : 'outage ends');
      const interval = 10_000;
      if (happening.kind === 'outage ends')
        expect(atMs - (outages[index - 1]?.atMs ?? 0)).toBeGreaterThan(2 * interval);
    });
    const kinds = outages.flatMap(({ happening }) => (happening.kind === 'outage begins' ? [happening.outage] : []));
    expect(new Set(kinds)).toEqual(new Set(['refuse', '503', 'reset']));
  });

  it('lets new instances leak in every two minutes, and not at every removal', () => {
    let away = false;
    const leaks: number[] = [];
    let clean = 0;
    for (const { atMs, happening } of firstMinutes(10)) {
      if (happening.kind === 'outage begins') away = true;
      if (happening.kind === 'outage ends') away = false;
      if (happening.kind !== 'removal') continue;
      if (away || happening.fails) leaks.push(atMs);
      else clean += 1;
    }
    for (let from = 0; from < 10; from += 2) {
      expect(leaks.filter((atMs) => atMs >= from * MINUTE && atMs < (from + 2) * MINUTE)).not.toEqual([]);
    }
    expect(clean).toBeGreaterThan(0);
  });

  it('creates workspaces only while the control plane answers, as many as it removes', () => {
    let away = false;
    let living = OPENING.filter(({ leakedMinutesAgo }) => leakedMinutesAgo === null).length;
    const counts: number[] = [];
    for (const { happening } of firstMinutes(60)) {
      if (happening.kind === 'outage begins') away = true;
      if (happening.kind === 'outage ends') away = false;
      if (happening.kind === 'creation') {
        expect(away).toBe(false);
        living += 1;
      }
      if (happening.kind === 'removal') living -= 1;
      counts.push(living);
    }
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThanOrEqual(6);
  });
});

describe('playing it', () => {
  const cues: readonly Cue[] = [
    { atMs: 100, happening: { kind: 'creation' } },
    { atMs: 250, happening: { kind: 'removal', fails: true } },
    { atMs: 400, happening: { kind: 'outage ends' } },
  ];

  it('lets everything happen at its time, however long the one before took', async () => {
    const clock = fakeClock();
    const begunMs = clock.monotonicMs();
    const played: [number, string][] = [];
    const perform = async ({ kind }: Happening) => {
      played.push([clock.monotonicMs() - begunMs, kind]);
      await clock.delay(kind === 'removal' ? 200 : 20);
    };
    await play({ cues, clock, perform, onError: fail }, new AbortController().signal);
    expect(played).toEqual([
      [100, 'creation'],
      [250, 'removal'],
      [450, 'outage ends'],
    ]);
  });

  it('goes on after what could not happen, and tells of it', async () => {
    const failure = new Error('not now');
    const errors: unknown[] = [];
    const played: string[] = [];
    const perform = async ({ kind }: Happening) => {
      if (kind === 'removal') throw failure;
      played.push(kind);
    };
    const onError = (error: unknown, happening: Happening) => errors.push([error, happening.kind]);
    await play({ cues, clock: fakeClock(), perform, onError }, new AbortController().signal);
    expect(played).toEqual(['creation', 'outage ends']);
    expect(errors).toEqual([[failure, 'removal']]);
  });

  it('ends with the signal, while it waits and for ever', async () => {
    const ended = new AbortController();
    const played: string[] = [];
    const perform = async ({ kind }: Happening) => {
      played.push(kind);
      if (kind === 'outage ends') ended.abort();
    };
    await play({ cues: script(), clock: fakeClock(), perform, onError: fail }, ended.signal);
    expect(played.filter((kind) => kind === 'outage ends')).toHaveLength(1);
    expect(played.at(-1)).toBe('outage ends');
  });
});

function fail(error: unknown): never {
  throw error;
}
