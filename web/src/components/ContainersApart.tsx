import { Link } from '@tanstack/react-router';
import type { Status } from '../../../server/api/status.ts';
import { getOrphans } from '../api.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type LeftAloneWords, leftAloneWords, WITHOUT_ROW, withoutRowWords } from '../lib/containers-apart.ts';

/** Containers that are no orphans like the others: nobody has removed their workspace, or nobody can tell whose they are. */
export function ContainersApart({ leftAlone }: Pick<Status['backend'], 'leftAlone'>) {
  return (
    <>
      <WithoutRow />
      <LeftAlone words={leftAloneWords(leftAlone)} />
    </>
  );
}

function WithoutRow() {
  const { status } = useStatus();
  const settings = useSettings(status);
  const { data, error } = usePoll({
    queryKey: ['orphans', 'without-row'],
    queryFn: ({ signal }) => getOrphans(WITHOUT_ROW, signal),
  });
  if (data === undefined) {
    return error === null ? null : <p className="card p-3 text-sm sm:p-4">Containers without a row: not known.</p>;
  }
  const words = withoutRowWords(data.body.total, settings);
  if (words === null) return null;
  return (
    <section
      aria-label="Containers without a row"
      className="card flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 p-3 text-sm sm:p-4"
    >
      <p className="min-w-0">{words}</p>
      <Link to="/orphans" search={{ why: 'no_row' }} className="link" aria-label="Show the containers without a row">
        Show
      </Link>
    </section>
  );
}

function LeftAlone({ words }: { readonly words: LeftAloneWords | null }) {
  if (words === null) return null;
  const { headline, lines, more } = words;
  return (
    <section aria-label="Left alone" className="card space-y-1 p-3 text-sm sm:p-4">
      <p className="font-medium">{headline}</p>
      <ul className="space-y-1">
        {lines.map((line) => (
          <li key={line} className="break-words">
            {line}
          </li>
        ))}
      </ul>
      {more !== null && <p className="text-soft">{more}</p>}
    </section>
  );
}
