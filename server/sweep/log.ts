/** Where the sweeper says what happens, for those who operate it: the facts, and a sentence about them. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Something that may happen again and again for the same reason. */
export interface Repeatable {
  /** Who says it: what has one name works or does not, as a whole. */
  readonly of: 'attempt' | 'connection' | 'control' | 'home' | 'inventory' | 'lease' | 'loop' | 'request';
  /** What makes its cause another one, letter by letter. */
  readonly kind: string;
  /** The same, but for ids, numbers and addresses. */
  readonly reason: string;
  readonly level: 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/**
 * What repeats itself is said in full once, and then counted: every ten minutes, when another cause comes, when it works
 * again, and at the end. A log of nothing but one outage would hide all else.
 */
export interface Repeats {
  say(one: Repeatable): void;
  /** The same of an error, of which the innermost cause counts. */
  fails(of: Repeatable['of'], level: Repeatable['level'], error: unknown, message: string): void;
  /** It works, and is called after each time that it did. Said only where it had not worked before. */
  works(of: Repeatable['of'], message: string): void;
  /** Whether this is not what was said of it last; null: nothing is to be said of it now. */
  isNew(of: 'skipped', reason: string | null): boolean;
  /** Says how often what was counted for ten minutes has happened. To be called every few seconds. */
  tellDue(): void;
  /** Says so of all that was counted: the process ends. */
  tellAll(): void;
}
