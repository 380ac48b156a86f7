import { type BackendKind, type BackendWords, wordsOf } from '../../../server/sweep/outcome.ts';
import type { VerdictKind } from './verdict.ts';

/** Why nothing is stopped whatever becomes of an attempt: of all that keeps orphans here this comes first. */
const standingOf = ({ backend, instance }: BackendWords): Readonly<Partial<Record<VerdictKind, string>>> => ({
  disabled: 'Nothing is being stopped',
  brake: 'The safety brake is on: nothing is stopped until a person releases it',
  late: 'The sweeper does not run: nothing is stopped',
  platform_failing: 'The platform database cannot be asked: nothing is stopped',
  not_known: `The ${backend} does not know this platform's ${instance}s: nothing is stopped`,
  paused: 'Sweeping is paused: nothing is stopped by itself',
});

/** Of these the platform is looked at through the Docker Engine, too. */
const DOCKER: Readonly<Partial<Record<VerdictKind, string>>> = {
  platform_failing: 'The Docker Engine or the platform database cannot be asked: nothing is stopped',
};

/** Null: orphans that are due are stopped. */
export function standingWords(verdict: VerdictKind, kind: BackendKind | null): string | null {
  const own = kind === 'docker' ? DOCKER[verdict] : undefined;
  return own ?? standingOf(wordsOf(kind))[verdict] ?? null;
}
