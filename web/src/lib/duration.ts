const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A length of time in its two largest units: `2 h 11 min`, `46 s`. From a minute on, seconds are noise. */
export function duration(ms: number): string {
  let seconds = Math.max(0, Math.floor(ms / 1000));
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    if (unit === 's' && parts.length > 0) break;
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0 || unit === 's') parts.push(`${count} ${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}

/** `in 46 s`, or `any moment` once it is due. */
export function soon(ms: number): string {
  return ms < 1_000 ? 'any moment' : `in ${duration(ms)}`;
}
