import { moment } from './moment.ts';
import type { Verdict, VerdictInput } from './verdict.ts';
import { verdict } from './verdict-parts.ts';

/** The rows of the verdict in which nobody has answered, so that nothing is claimed. */

export function signedOut(input: VerdictInput): Verdict {
  return verdict({
    kind: 'signed_out',
    tone: 'bad',
    headline: 'Signed out',
    detail: dataFrom(input),
    primary: { kind: 'sign_in', label: input.status === null ? 'Sign in' : 'Sign in again' },
  });
}

/** The server answers, and tells nothing: it says itself why. */
export function refused(input: VerdictInput): Verdict {
  return verdict({
    kind: 'refused',
    tone: 'bad',
    headline: input.refusal ?? 'The server refused, and did not say why.',
    detail: dataFrom(input),
    primary: { kind: 'reload', label: 'Reload' },
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

export function checking(input: VerdictInput): Verdict {
  return verdict({ kind: 'checking', tone: 'unknown', headline: 'Checking…', detail: dataFrom(input) });
}

export function notLookedYet(): Verdict {
  return verdict({
    kind: 'unknown',
    tone: 'unknown',
    headline: 'The platform has not been looked at yet',
    detail: 'How many orphans there are is not known.',
  });
}

function dataFrom({ status, zone, nowMs }: VerdictInput): string | null {
  return status === null ? null : `Data from ${moment(status.now, zone, nowMs)}.`;
}
