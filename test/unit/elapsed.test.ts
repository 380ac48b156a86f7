import { expect, test } from 'vitest';
import { createElapsed } from '../../web/src/lib/elapsed.ts';

function clocks() {
  const at = { monotonic: 1_000, wall: 50_000 };
  const elapsed = createElapsed({ monotonic: () => at.monotonic, wall: () => at.wall });
  return { at, elapsed };
}

test('counts what the monotonic clock counts', () => {
  const { at, elapsed } = clocks();
  const before = elapsed();
  at.monotonic += 7_000;
  at.wall += 7_000;
  expect(elapsed() - before).toBe(7_000);
});

test('counts an hour that the machine slept through, once', () => {
  const { at, elapsed } = clocks();
  const before = elapsed();
  at.wall += 3_600_000;
  at.monotonic += 1_000;
  expect(elapsed() - before).toBe(3_600_000);
  at.wall += 1_000;
  at.monotonic += 1_000;
  expect(elapsed() - before).toBe(3_601_000);
});

test('never goes back, also when the wall clock is set back', () => {
  const { at, elapsed } = clocks();
  const before = elapsed();
  at.wall -= 3_600_000;
  at.monotonic += 1_000;
  expect(elapsed() - before).toBe(1_000);
});
