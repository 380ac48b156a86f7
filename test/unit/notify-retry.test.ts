import { expect, test } from 'vitest';
import { pauseMs, type Sent } from '../../server/notify/retry.ts';

type Failure = Pick<Extract<Sent, { kind: 'failed' }>, 'hopeless' | 'retryAfterMs'>;
const PLAIN: Failure = { hopeless: false, retryAfterMs: null };
const seconds = (attempts: number, of = PLAIN, random = 0) => pauseMs(attempts, of, random) / 1000;

test('pauses double from five seconds up to ten minutes, however many there were', () => {
  expect([1, 2, 3, 4, 7, 8, 100, 5_000].map((attempts) => seconds(attempts))).toEqual([
    5, 10, 20, 40, 320, 600, 600, 600,
  ]);
});

test('pauses differ at random by up to a quarter, downwards', () => {
  expect([0, 0.5, 0.999].map((random) => seconds(8, PLAIN, random))).toEqual([600, 525, 450.15]);
});

test('what a person has to put right is tried every ten minutes from the first time on', () => {
  expect(seconds(1, { hopeless: true, retryAfterMs: null })).toBe(600);
});

test('a longer pause that was asked for is kept, a shorter one is no reason to hurry', () => {
  expect(seconds(1, { hopeless: false, retryAfterMs: 3_600_000 })).toBe(3_600);
  expect(seconds(8, { hopeless: false, retryAfterMs: 1_000 })).toBe(600);
});
