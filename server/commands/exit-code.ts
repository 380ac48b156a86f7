/** What a command says with its exit code; the same in all of them. */
export const EXIT = {
  done: 0,
  /** It was asked, and the answer is bad: something needs mending, or was refused. */
  wrong: 1,
  /** The command line or the settings are wrong: nothing was begun. */
  usage: 2,
  /** It could not be asked or done: a database is away. */
  away: 3,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
