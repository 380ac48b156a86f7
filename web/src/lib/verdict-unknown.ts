import { moment } from './moment.ts';
import type { Verdict, VerdictInput } from './verdict.ts';
import { verdict } from './verdict-parts.ts';

/** The rows of the verdict in which nobody has answered, so that nothing is claimed. */

export function signedOut({ status, zone, nowMs }: VerdictInput): Verdict {
  return verdict({
    kind: 'signed_out',
    tone: 'bad',
    headline: 'Signed out',
    detail: status === null ? null : `Data from ${moment(status.now, zone, nowMs)}.`,
    primary: { kind: 'sign_in', label: 'Sign in again' },
  });
}

export function notAnswering({ status, zone, nowMs, connection }: VerdictInput): Verdict {
  const known = status === null ? 'Nothing is known yet' : `Data from ${moment(status.now, zone, nowMs)}`;
  const what = connection === 'offline' ? 'This device is offline' : 'Server not answering';
  return verdict({
    kind: 'not_answering',
    tone: 'bad',
    headline: `${what}. ${known}`,
    detail: 'What is shown below is what was last known. It is asked again every 2 s.',
    spoken: what,
    primary: { kind: 'reload', label: 'Reload' },
  });
}

export function checking({ status, zone, nowMs }: VerdictInput): Verdict {
  const detail = status === null ? null : `Data from ${moment(status.now, zone, nowMs)}.`;
  return verdict({ kind: 'checking', tone: 'unknown', headline: 'Checking…', detail });
}

export function notLookedYet(): Verdict {
  return verdict({
    kind: 'unknown',
    tone: 'unknown',
    headline: 'The platform has not been looked at yet',
    detail: 'How many orphans there are is not known.',
  });
}
