import type { KnownHistory } from '../hooks/useHistory.ts';
import { useLate } from '../hooks/useLate.ts';
import { late } from '../lib/late.ts';
import { MissingPart } from './MissingPart.tsx';

const parts = late(() => import('./historyParts.tsx'));

type Shown = Pick<KnownHistory, 'outdated'> & { readonly answer: NonNullable<KnownHistory['answer']> };

/** A day in a line of text. */
export function LateHistoryLine({ answer, unknown, outdated }: KnownHistory) {
  if (unknown) return <span>Not known.</span>;
  return answer === null ? <LineToCome /> : <Line answer={answer} outdated={outdated} />;
}

function Line(shown: Shown) {
  const { part, missing } = useLate(parts);
  if (part !== null) return <part.HistoryLine {...shown} />;
  // What there is to be done about it stands where the chart would be.
  return missing ? <span>Could not be loaded.</span> : <LineToCome />;
}

function LineToCome() {
  return (
    <span aria-busy="true" className="inline-block h-4 w-64 max-w-full rounded bg-raised align-middle">
      <span className="sr-only">Loading…</span>
    </span>
  );
}

/** In a line, drawn, and as a table. */
export function LateHistory({ answer, unknown, outdated }: KnownHistory) {
  if (unknown) return <p>Not known.</p>;
  return answer === null ? <Coming /> : <Whole answer={answer} outdated={outdated} />;
}

function Whole(shown: Shown) {
  const { part, missing, isBack, again } = useLate(parts);
  if (part !== null) return <part.HistoryWhole {...shown} />;
  return missing ? <MissingPart what="The history" isBack={isBack} again={again} /> : <Coming />;
}

/** Of the height of what will come, so that nothing jumps. */
function Coming() {
  return (
    <div aria-busy="true" className="h-88 rounded bg-raised">
      <span className="sr-only">Loading…</span>
    </div>
  );
}
