import type { StatusOfAll } from '../api/status.ts';
import { wordsOf } from '../sweep/outcome.ts';
import { count, duration } from './words.ts';

export interface Headline {
  readonly headline: string;
  /** It does not heal by itself. */
  readonly needsPerson: boolean;
}

const bad = (headline: string): Headline => ({ headline, needsPerson: true });
const fine = (headline: string): Headline => ({ headline, needsPerson: false });

/** Longer ago than this many intervals nothing is called clear. */
const RECENT_INTERVALS = 2.5;

/** The one thing to know, in one sentence; the first that holds, in the order of the console's verdict. */
export function headlineOf(status: StatusOfAll): Headline {
  return notStopping(status) ?? orphans(status);
}

function notStopping({ home, sweeper, brake, platform, backend, pause, now }: StatusOfAll): Headline | null {
  const words = wordsOf(backend.kind);
  if (home.state === 'failing') return bad(`The home database cannot be read: ${home.error ?? 'it does not answer'}`);
  if (sweeper.state === 'disabled') return bad(`Nothing is being stopped: ${sweeper.reason ?? ''}`);
  if (brake !== null) {
    return bad(
      `Stopped by the safety brake: ${count(brake.newOrphans, 'new orphan')} within ten minutes; ` +
        `${brake.orphans} wait for a release (brake release --orphans ${brake.orphans} --reason …)`,
    );
  }
  if (sweeper.state === 'late') {
    const since = sweeper.aliveAt === null ? '' : ` for ${duration(Date.parse(now) - Date.parse(sweeper.aliveAt))}`;
    return bad(`The sweeper has not run${since}: ${words.instance}s are not being stopped`);
  }
  if (platform.state === 'failing') return bad(platform.error ?? "The platform's database cannot be asked");
  if (backend.positiveControl === 'not_known') {
    return bad(
      backend.positiveControlMessage ?? `The ${words.backend} does not know the ${words.instance}s of this platform`,
    );
  }
  return pause === null ? null : fine(`Paused by ${pause.actor} until ${pause.until}: ${pause.reason}`);
}

function orphans(status: StatusOfAll): Headline {
  const { counts, backend, sweeper, sweepable, observedAt, unconfirmed } = status;
  if (counts === null || observedAt === null) return fine('The platform has not been looked at yet');
  if (sweeper.state === 'dry_run') {
    return fine(`Dry run: ${count(sweepable ?? counts.open, 'orphan')} would be stopped (SWEEP_DRY_RUN is true)`);
  }
  const behind = counts.open - counts.held - counts.stuck;
  const failing = backend.breaker.state === 'open' || backend.state === 'failing' || backend.state === 'not_answering';
  if (failing && behind > 0) {
    const said = backend.breaker.message ?? backend.error;
    return bad(
      `The ${wordsOf(backend.kind).backend} is failing, and ${behind} wait for it${said === null ? '' : `: ${said}`}`,
    );
  }
  if (counts.stuck > 0)
    return bad(`${count(counts.stuck, 'orphan')} ${counts.stuck === 1 ? 'needs' : 'need'} a person`);
  if (counts.retrying > 0) return fine(`${count(counts.retrying, 'orphan')} retried by the next sweeps`);
  if (behind > 0) return fine(`${count(behind, 'orphan')} found, stopped by the next sweeps`);
  if (counts.held > 0) return fine(`${count(counts.held, 'orphan')} held, and no other`);
  return none(status, observedAt, unconfirmed ?? 0);
}

/** 0 is said with the time of the look, and "clear" only of a recent one. */
function none({ now, sweeper }: StatusOfAll, observedAt: string, unconfirmed: number): Headline {
  const ageMs = Date.parse(now) - Date.parse(observedAt);
  const looked = `0 orphans, looked at ${duration(ageMs)} ago, ${observedAt}`;
  if (unconfirmed > 0) return fine(`Cleared, but that ${unconfirmed} terminated is not confirmed: ${looked}`);
  const recent = ageMs <= sweeper.intervalSeconds * 1000 * RECENT_INTERVALS;
  return fine(recent ? `All clear: ${looked}` : `Not known now: ${looked}`);
}
