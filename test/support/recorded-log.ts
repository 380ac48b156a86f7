import type { Logger } from 'pino';
import { createLog, type LogOptions } from '../../server/log/log.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import type { Clock } from '../../server/sweep/clock.ts';
import type { Repeats } from '../../server/sweep/log.ts';

/** A line of the log, as it comes out. */
export interface RecordedLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RecordedLog {
  readonly log: Logger;
  readonly repeats: Repeats;
  readonly text: () => string;
  readonly lines: () => RecordedLine[];
  /** Each line as its level and sentence. */
  readonly said: (...levels: readonly string[]) => string[];
}

/** The program's own log, kept instead of written. */
export function recordLog(clock: Clock, options: Partial<LogOptions> = {}): RecordedLog {
  const written: string[] = [];
  const log = createLog({
    level: 'debug',
    secrets: [],
    names: { tenant: 'default', replica: 'the process' },
    readable: false,
    write: (lines) => written.push(lines),
    ...options,
  });
  const text = () => written.join('');
  const lines = (): RecordedLine[] =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  return {
    log,
    repeats: createRepeats(clock, log),
    text,
    lines,
    said: (...levels) =>
      lines().flatMap(({ level, msg }) => (levels.length === 0 || levels.includes(level) ? [`${level} ${msg}`] : [])),
  };
}
