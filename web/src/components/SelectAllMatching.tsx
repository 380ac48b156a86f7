import { Link } from '@tanstack/react-router';
import type { SelectedOrphans } from '../hooks/useSelection.ts';
import { pageOf } from '../hooks/useSelection.ts';
import { useWalk } from '../hooks/useWalk.ts';
import { number } from '../lib/count.ts';
import { MOST_CHOSEN } from '../lib/walk.ts';

/** Where all of a page are chosen and there are more: from the page to all that match. */
export function SelectAllMatching({ selected }: { readonly selected: SelectedOrphans }) {
  const { list, query, chosen } = selected;
  const { walking, failure, begin } = useWalk(({ orphans, total }) => selected.chooseAll(orphans, total));
  const { orphans, here } = pageOf(selected);
  const total = list?.total ?? 0;
  const tooMany = total > MOST_CHOSEN;
  const most = tooMany ? MOST_CHOSEN : total;
  if (here < orphans.length || orphans.length === 0 || chosen.size >= most) {
    return tooMany && chosen.size >= most ? <TooMany total={total} /> : null;
  }
  const label = tooMany
    ? `Select the first ${number(most)} of ${number(total)}`
    : `Select all ${number(total)} that match`;
  return (
    <div className="text-sm">
      All {number(orphans.length)} on this page are selected.{' '}
      <button type="button" className="quiet" aria-busy={walking} onClick={() => !walking && void begin(query)}>
        {walking ? 'Fetching them…' : label}
      </button>
      {failure !== null && (
        <p role="alert" className="text-bad">
          Not selected: {failure}
        </p>
      )}
    </div>
  );
}

function TooMany({ total }: { readonly total: number }) {
  return (
    <p className="text-sm">
      At most {number(MOST_CHOSEN)} of the {number(total)} can be chosen.{' '}
      <Link to="/" className="link">
        “Sweep all” on the Now page
      </Link>{' '}
      is for more.
    </p>
  );
}
