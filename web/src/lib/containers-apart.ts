import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import { count, number } from './count.ts';
import { settingValue } from './settings.ts';

/** As `GET /api/orphans` takes it: only the total matters. */
export const WITHOUT_ROW = 'why=no_row&limit=1';

const SHOWN = 5;

/** How many there are, and what becomes of them. Null: there is none. */
export function withoutRowWords(total: number, settings: ConfigAnswer | null): string | null {
  if (total === 0) return null;
  const many = `Containers without a row: ${number(total)}.`;
  switch (settingValue(settings, 'DOCKER_SWEEP_UNKNOWN')) {
    case false:
      return `${many} Reported only.`;
    case true:
      return `${many} Stopped once two looks at least ${apart(settings)} apart have missed their row.`;
    default:
      return many;
  }
}

function apart(settings: ConfigAnswer | null): string {
  const seconds = Number(settingValue(settings, 'DOCKER_UNKNOWN_GRACE_SECONDS'));
  return seconds % 60 === 0 ? `${number(seconds / 60)} min` : `${number(seconds)} s`;
}

export interface LeftAloneWords {
  readonly headline: string;
  readonly lines: readonly string[];
  /** Null: all of them are told. */
  readonly more: string | null;
}

/** What exists and is never stopped, and why. Null: there is none. */
export function leftAloneWords(leftAlone: Status['backend']['leftAlone']): LeftAloneWords | null {
  if (leftAlone.length === 0) return null;
  const rest = leftAlone.length - SHOWN;
  return {
    headline: `${count(leftAlone.length, 'container')} ${leftAlone.length === 1 ? 'is' : 'are'} left alone:`,
    lines: leftAlone.slice(0, SHOWN).map(({ name, reason }) => `${name}: ${reason}`),
    more: rest > 0 ? `and ${number(rest)} more` : null,
  };
}
