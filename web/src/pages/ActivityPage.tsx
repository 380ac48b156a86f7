import { getRouteApi, Link } from '@tanstack/react-router';
import type { AuditEntry } from '../../../server/api/audit.ts';
import { ApiError, getAudit } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { RESULT_MARKS } from '../components/icons.ts';
import { Loading } from '../components/Loading.tsx';
import { NoSuchPage } from '../components/NoSuchPage.tsx';
import { Outcomes } from '../components/Outcomes.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { PageLinks } from '../components/PageLinks.tsx';
import { When } from '../components/When.tsx';
import { Word } from '../components/Word.tsx';
import { useCameAt } from '../hooks/useCameAt.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { actorWords, actWords, targetOf } from '../lib/activity.ts';
import { ACTIVITY_KEPT } from '../lib/kept.ts';
import { RESULT_WORDS } from '../lib/words.ts';

const route = getRouteApi('/activity');
const SHOWN = 50;

/** Who did what, or was refused, and what began or ended by itself; newest first. */
export function ActivityPage() {
  const { after } = route.useSearch();
  const poll = usePoll({
    queryKey: ['audit', after],
    queryFn: ({ signal }) => getAudit({ limit: SHOWN, after }, signal),
  });
  const { data, error } = poll;
  const entries = data?.body.items;
  const outdated = useOutdated(poll);
  const cameAt = useCameAt(data);
  const lost = error instanceof ApiError && error.code === 'invalid_cursor';
  return (
    <div className="space-y-4">
      <PageHead title="Activity" outdated={outdated && cameAt !== null} asOf={cameAt} />
      {lost && <NoSuchPage />}
      {entries === undefined && error !== null && !lost && <Failure what="The activity" error={error} />}
      {entries === undefined && error === null && <Loading rows={8} />}
      {entries?.length === 0 && (
        <p>{after === undefined ? 'Nobody has done anything yet.' : 'There is nothing older.'}</p>
      )}
      <ol className={`card divide-y divide-line px-4 text-sm empty:hidden ${outdated ? 'outdated' : ''}`}>
        {entries?.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {data?.body.nextCursor === null && <p className="text-sm text-soft">{ACTIVITY_KEPT}</p>}
      {data !== undefined && <PageLinks later={after !== undefined} next={data.body.nextCursor} />}
    </div>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const { refused, reason } = entry;
  return (
    <li data-line className="grid gap-x-5 gap-y-1 py-3 md:grid-cols-[14rem_13rem_1fr]">
      <When time={entry.at} />
      <span className="min-w-0 font-medium break-words">{actorWords(entry)}</span>
      <div className="min-w-0 space-y-1">
        <p className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <span>{actWords(entry)}</span>
          <Target entry={entry} />
        </p>
        {refused !== null && (
          <p className="text-bad">
            Not done: <code className="font-mono text-[0.8125rem]">{refused}</code>
          </p>
        )}
        {reason !== null && <p className="break-words text-soft">{reason}</p>}
      </div>
    </li>
  );
}

function Target({ entry }: { readonly entry: AuditEntry }) {
  const target = targetOf(entry);
  if (target === null) return null;
  if (target.kind === 'token') return <span className="min-w-0 font-medium break-words">{target.id}</span>;
  if (target.kind === 'sweep') return <SweepTarget id={target.id} sweep={entry.sweep} />;
  return (
    <Link to="/orphans/$workspaceId" params={{ workspaceId: target.id }} className="link break-all">
      {entry.workspaceName ?? target.id}
    </Link>
  );
}

/** What became of it is told here: it is what one looks for in a list of who swept. */
function SweepTarget({ id, sweep }: { readonly id: string; readonly sweep: AuditEntry['sweep'] }) {
  return (
    <>
      {sweep !== null && (
        <>
          <Word mark={RESULT_MARKS[sweep.result]} word={RESULT_WORDS[sweep.result]} />
          <Outcomes of={sweep} />
        </>
      )}
      <Link to="/sweeps/$sweepId" params={{ sweepId: id }} className="link">
        {sweep === null ? 'The sweep (not kept any more)' : 'The sweep'}
      </Link>
    </>
  );
}
