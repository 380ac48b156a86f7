import { describe, expect, it } from 'vitest';
import { holdLease } from '../../server/sweep/lease.ts';
import { createSteppedClock } from '../support/stepped-clock.ts';

const TTL = 20_000;

function held(renew: (ttlMs: number) => Promise<boolean>) {
  const clock = createSteppedClock();
  const errors: unknown[] = [];
  const lease = holdLease({ clock, ttlMs: TTL, renew, onError: (error) => errors.push(error) }, clock.monotonicMs());
  return { clock, errors, lease };
}

describe('a lease', () => {
  it('is renewed every 2 s until it is let go, and never after', async () => {
    let renewals = 0;
    const { clock, lease } = held(async () => ++renewals > 0);
    await clock.walk(10_000);
    expect(renewals).toBe(5);
    await lease.letGo();
    await clock.walk(10_000);
    expect([renewals, clock.waiting()]).toEqual([5, 0]);
  });

  it('is counted from before the renewal was sent, so that a slow network makes it no longer', async () => {
    const answers: (() => void)[] = [];
    const { clock, lease } = held(() => new Promise((resolve) => answers.push(() => resolve(true))));
    await clock.walk(2_000);
    await clock.walk(9_000);
    answers[0]?.();
    await clock.walk(0);
    expect(await lease.lasts(TTL - 9_000)).toBe(true);
    const tooMuch = lease.lasts(TTL - 8_999);
    await clock.walk(0);
    answers[1]?.();
    await clock.walk(0);
    expect(await tooMuch).toBe(true);
  });

  it('that finds too little waits for the renewal under way instead of deferring', async () => {
    const answers: ((held: boolean) => void)[] = [];
    const { clock, lease } = held(() => new Promise((resolve) => answers.push(resolve)));
    await clock.walk(10_000);
    const lasts = lease.lasts(15_000);
    await clock.walk(0);
    expect(answers).toHaveLength(1);
    answers[0]?.(true);
    // Sent at 2 s, 10 s ago of which 8 are gone: 12 s are left, which is too little still.
    expect(await lasts).toBe(false);
  });

  it('allows nothing once it is somebody else’s', async () => {
    const { clock, lease } = held(async () => false);
    await clock.walk(2_000);
    expect(await lease.lasts(1)).toBe(false);
  });

  it('survives a renewal that fails, for as long as the last one lasts', async () => {
    const { clock, errors, lease } = held(() => Promise.reject(new Error('away')));
    await clock.walk(6_000);
    expect(errors.length).toBeGreaterThanOrEqual(3);
    expect(await lease.lasts(TTL - 6_000)).toBe(true);
    await clock.walk(15_000);
    expect(await lease.lasts(1)).toBe(false);
  });

  it('allows nothing to a process that was frozen past it', async () => {
    let away = false;
    const { clock, lease } = held(async () => !away);
    await clock.walk(4_000);
    away = true;
    await clock.walk(60_000);
    expect(await lease.lasts(1)).toBe(false);
  });
});
