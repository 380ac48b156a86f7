import { memoryUsage } from 'node:process';

const GROWS_AT_MOST = 0.1;

/** The heap, after garbage was collected twice: finalizers run after the first time. Needs --expose-gc. */
export function collectedHeap(): number {
  if (globalThis.gc === undefined) throw new Error('needs --expose-gc: run it by npm run test:soak');
  globalThis.gc();
  globalThis.gc();
  return memoryUsage().heapUsed;
}

export interface HeapVerdict {
  /** In bytes: the means of the second and of the last quarter. */
  readonly second: number;
  readonly last: number;
  readonly grows: boolean;
}

/** Of samples taken at even distances. The first quarter is warming up. */
export function judgeHeap(samples: readonly number[]): HeapVerdict {
  const quarter = Math.floor(samples.length / 4);
  if (quarter < 2) throw new RangeError(`${samples.length} samples are too few to judge by`);
  const second = mean(samples.slice(quarter, 2 * quarter));
  const last = mean(samples.slice(-quarter));
  return { second, last, grows: last > second * (1 + GROWS_AT_MOST) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
