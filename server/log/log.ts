import { type Logger, pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { LOG_LEVELS } from '../settings.ts';
import { loggedError, loggedMessage } from './errors.ts';
import { createMask } from './masking.ts';

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  /** The values of all settings that are secret: none of them comes out, in whatever form. */
  readonly secrets: readonly string[];
  /** Whose lines these are: in each of them. */
  readonly names: { readonly tenant?: string; readonly replica?: string };
  /** Who reads it is a person at a terminal. */
  readonly readable: boolean;
  /** Takes whole lines, and has written them when it returns: the last line of a process must not be lost. */
  readonly write: (lines: string) => void;
}

/** Its own time, and not what is the same in all lines. */
const READABLE = { translateTime: 'SYS:HH:MM:ss', ignore: 'tenant,replica', singleLine: true };

/** JSON lines, or readable ones. */
export function createLog({ level, secrets, names, readable, write }: LogOptions): Logger {
  const mask = createMask(secrets);
  const shown = readable ? prettyFactory(READABLE) : (line: string) => line;
  return pino(
    {
      level,
      base: names,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: loggedError },
      hooks: {
        logMethod(given, method) {
          const [first, sentence] = given;
          // Pino would take the message of an error as it is.
          if (isError(first)) method.call(this, { err: first }, sentence ?? loggedMessage(first));
          else method.apply(this, given);
        },
      },
    },
    { write: (line: string) => write(shown(mask(line))) },
  );
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}
