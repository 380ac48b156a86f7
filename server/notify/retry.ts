/** What became of one attempt to send a message. */
export type Sent =
  | { readonly kind: 'accepted' }
  /** Not taken, or not known to be: it is sent again. */
  | {
      readonly kind: 'failed';
      /** One sentence, without any credential. */
      readonly error: string;
      /** It will be refused until a person changes a setting, here or there. */
      readonly hopeless: boolean;
      /** How long the other side asked to be left alone. */
      readonly retryAfterMs: number | null;
    };

/** How long a message is tried. After that it says nothing of the present. */
export const GIVEN_UP_AFTER_MS = 24 * 60 * 60_000;

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/**
 * How long to wait after an attempt that failed: twice as long each time, up to ten minutes, and somewhat less at
 * random, so that not all come back at once. What a person has to put right is tried every ten minutes.
 *
 * @param attempts how many there were, this one included
 * @param random from [0, 1)
 */
export function pauseMs(
  attempts: number,
  { hopeless, retryAfterMs }: Pick<Extract<Sent, { kind: 'failed' }>, 'hopeless' | 'retryAfterMs'>,
  random: number,
): number {
  const doubled = FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 30);
  const longest = hopeless ? LONGEST_PAUSE_MS : Math.min(doubled, LONGEST_PAUSE_MS);
  const jittered = Math.round(longest * (1 - random / 4));
  return Math.max(jittered, retryAfterMs ?? 0);
}
