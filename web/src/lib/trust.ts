import type { Status } from '../../../server/api/status.ts';
import { type BackendKind, wordsOf } from '../../../server/sweep/outcome.ts';
import type { Connection } from './connection.ts';
import { duration } from './duration.ts';
import { minute, type Zone } from './moment.ts';

export interface Fact {
  readonly name: 'connection' | 'sweeper' | 'control_plane' | 'platform';
  readonly words: string;
  /** good is as it should be; bad needs somebody; open is not known, or chosen. */
  readonly judgement: 'good' | 'bad' | 'open';
}

const CONNECTION: Readonly<Record<Connection, Pick<Fact, 'words' | 'judgement'>>> = {
  checking: { words: 'Checking…', judgement: 'open' },
  live: { words: 'Live', judgement: 'good' },
  updates_off: { words: 'Updates off', judgement: 'open' },
  reconnecting: { words: 'Reconnecting…', judgement: 'open' },
  offline: { words: 'Offline', judgement: 'bad' },
  not_answering: { words: 'Server not answering', judgement: 'bad' },
  signed_out: { words: 'Signed out', judgement: 'bad' },
  refused: { words: 'Not let in', judgement: 'bad' },
};

const labelOf = (kind: BackendKind | null): string => wordsOf(kind).backendLabel;

const AWAY: ReadonlySet<Connection> = new Set<Connection>(['offline', 'not_answering', 'signed_out', 'refused']);

export function connectionWords(connection: Connection): string {
  return CONNECTION[connection].words;
}

/** Four separate facts, none of which follows from another; but what nobody can answer for now is not known. */
export function trust(connection: Connection, status: Status | null, serverNowMs: number, zone: Zone): Fact[] {
  const line: Fact = { name: 'connection', ...CONNECTION[connection] };
  if (status === null) return [line];
  const age = dataAge(status, serverNowMs);
  const aged: Fact = age === null ? line : { ...line, words: `${line.words} · ${age}` };
  if (AWAY.has(connection)) {
    return [
      aged,
      { name: 'sweeper', words: 'Sweeper unknown', judgement: 'open' },
      { name: 'control_plane', words: `${labelOf(status.backend.kind)} unknown`, judgement: 'open' },
      { name: 'platform', words: 'Platform database unknown', judgement: 'open' },
    ];
  }
  const facts = [sweeper(status, serverNowMs, zone), controlPlane(status), platform(status)];
  return [aged, ...(connection === 'checking' ? facts.map(asItWas) : facts)];
}

/** What was well an hour ago is not green before somebody has answered again. */
function asItWas(fact: Fact): Fact {
  return fact.judgement === 'good' ? { ...fact, judgement: 'open' } : fact;
}

/** How old the oldest part of what is shown is: the look at the platform, and the time since it came here. */
function dataAge({ observedAt, home }: Status, serverNowMs: number): string | null {
  if (observedAt !== null) return duration(serverNowMs - Date.parse(observedAt));
  // When it last looked stands in the database that cannot be read.
  return home.state === 'failing' ? null : 'never looked';
}

function sweeper({ sweeper: { state, aliveAt }, home, pause }: Status, serverNowMs: number, zone: Zone): Fact {
  const name = 'sweeper';
  switch (state) {
    case 'on_schedule':
      // Its signs of life are kept in our own database.
      if (home.state === 'failing') return { name, words: 'Sweeper unknown', judgement: 'open' };
      return { name, words: 'Sweeper on schedule', judgement: 'good' };
    case 'late':
      return {
        name,
        words: `Sweeper late${aliveAt === null ? '' : `: not run for ${duration(serverNowMs - Date.parse(aliveAt))}`}`,
        judgement: 'bad',
      };
    case 'disabled':
      return { name, words: 'Sweeper disabled', judgement: 'bad' };
    case 'dry_run':
      return { name, words: 'Sweeper: dry run', judgement: 'open' };
    case 'paused':
      return {
        name,
        words: `Sweeper paused${pause === null ? '' : ` until ${minute(pause.until, zone, serverNowMs)}`}`,
        judgement: 'open',
      };
    case 'brake':
      return { name, words: 'Sweeper stopped by the safety brake', judgement: 'bad' };
  }
}

function controlPlane({ backend: { kind, state, breaker, positiveControl }, platform: { fault } }: Status): Fact {
  const name = 'control_plane';
  const label = labelOf(kind);
  // It is asked first which containers there are, and its last answer to a Stop may be older.
  if (fault?.kind === 'engine') return { name, words: `${label} not answering`, judgement: 'bad' };
  if (positiveControl === 'not_known') {
    return { name, words: `${label}: not this platform's`, judgement: 'bad' };
  }
  // What it last answered may be older than what opened the breaker.
  const failing = breaker.state === 'open' && state !== 'not_answering' && state !== 'not_configured';
  switch (failing ? 'failing' : state) {
    case 'answering':
      return { name, words: `${label} answering`, judgement: 'good' };
    case 'failing':
      return { name, words: `${label} failing`, judgement: 'bad' };
    case 'not_answering':
      return { name, words: `${label} not answering`, judgement: 'bad' };
    case 'unknown':
      return { name, words: `${label} unknown`, judgement: 'open' };
    case 'not_configured':
      return { name, words: `${label} not configured`, judgement: 'bad' };
  }
}

function platform({ platform: { state, fault }, home }: Status): Fact {
  const name = 'platform';
  if (home.state === 'failing') return { name, words: 'Own database failing', judgement: 'bad' };
  // Without containers there was nothing to ask it about.
  if (fault?.kind === 'engine') return { name, words: 'Platform database unknown', judgement: 'open' };
  switch (state) {
    case 'answering':
      return { name, words: 'Platform database answering', judgement: 'good' };
    case 'failing':
      return { name, words: 'Platform database failing', judgement: 'bad' };
    case 'unknown':
      return { name, words: 'Platform database unknown', judgement: 'open' };
  }
}
