import { setTimeout as delay } from 'node:timers/promises';

const POLL_EVERY_MS = 20;

/**
 * Waits until `check` answers with something truthy, and answers with that. A check that throws counts as "not yet":
 * asking a server that is still starting is an error until it is not. Throws after `timeoutMs`, naming `what` was
 * waited for, with the last error of the check as its cause.
 */
export async function until<T>(
  check: () => T | Promise<T>,
  options: { timeoutMs?: number; what: string },
): Promise<NonNullable<T>> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer) {
        return answer;
      }
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for: ${options.what}`, { cause: lastError });
    }
    await delay(POLL_EVERY_MS);
  }
}
