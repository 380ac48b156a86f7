import { getRouteApi } from '@tanstack/react-router';
import { ApiError, getSweep } from '../api.ts';
import { DoDryRun } from '../components/DoDryRun.tsx';
import { Failure } from '../components/Failure.tsx';
import { Loading } from '../components/Loading.tsx';
import { NoSuchSweep } from '../components/NoSuchSweep.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { SweepAttempts } from '../components/SweepAttempts.tsx';
import { SweepFacts } from '../components/SweepFacts.tsx';
import { SweepReport } from '../components/SweepReport.tsx';
import { useCameAt } from '../hooks/useCameAt.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { attemptSearch } from '../lib/sweep-search.ts';

const route = getRouteApi('/sweeps/$sweepId');

/** One sweep: while it runs its progress, then what happened to each orphan. */
export function SweepPage() {
  const { sweepId } = route.useParams();
  const search = attemptSearch({ ...route.useSearch() });
  const poll = usePoll({ queryKey: ['sweep', sweepId], queryFn: ({ signal }) => getSweep(sweepId, signal) });
  const { asked } = useSweepNow();
  const outdated = useOutdated(poll);
  const cameAt = useCameAt(poll.data);
  const sweep = poll.data?.body;
  return (
    <div className="space-y-4">
      <PageHead title="Sweep" outdated={outdated && cameAt !== null} asOf={cameAt} />
      {sweep === undefined && poll.error !== null && <NotRead error={poll.error} />}
      {sweep === undefined && poll.error === null && <Loading rows={4} />}
      {sweep !== undefined && (
        <div className={outdated ? 'outdated' : ''}>
          <SweepFacts sweep={sweep} />
        </div>
      )}
      {sweep !== undefined && <DoDryRun sweep={sweep} />}
      {/* What this page is about needs no report of its own. */}
      {!(asked.stage === 'following' && asked.sweepId === sweepId) && <SweepReport />}
      {sweep !== undefined && <SweepAttempts sweep={sweep} search={search} />}
    </div>
  );
}

/** What has no id that could be one never was a sweep, either. */
function NotRead({ error }: { readonly error: Error }) {
  const unknown = error instanceof ApiError && (error.code === 'not_found' || error.code === 'invalid_request');
  return unknown ? <NoSuchSweep /> : <Failure what="This sweep" error={error} />;
}
