import { getRouteApi } from '@tanstack/react-router';
import type { Orphan } from '../../../server/api/orphans.ts';
import { ApiError, getWorkspaceOrphans } from '../api.ts';
import { Failure } from '../components/Failure.tsx';
import { Loading } from '../components/Loading.tsx';
import { NeverSeen } from '../components/NeverSeen.tsx';
import { OrphanFacts } from '../components/OrphanFacts.tsx';
import { OrphanHead } from '../components/OrphanHead.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { Reality } from '../components/Reality.tsx';
import { SweepReport } from '../components/SweepReport.tsx';
import { Timeline } from '../components/Timeline.tsx';
import { WorkspaceActions } from '../components/WorkspaceActions.tsx';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { count } from '../lib/count.ts';
import { openOf } from '../lib/workspace.ts';

const route = getRouteApi('/orphans/$workspaceId');

/** One workspace: every orphan it has or had, and all that happened to them. */
export function OrphanPage() {
  const { workspaceId } = route.useParams();
  const orphans = usePoll({
    queryKey: ['orphans', workspaceId],
    queryFn: ({ signal }) => getWorkspaceOrphans(workspaceId, signal),
  });
  const outdated = useOutdated(orphans, orphans.data?.body.stale);
  const { data, error } = orphans;
  const neverSeen = error instanceof ApiError && error.code === 'not_found';
  return (
    <div className="space-y-4">
      <PageHead
        title={data?.body.items[0]?.workspaceName ?? workspaceId}
        outdated={outdated}
        asOf={data?.body.observedAt ?? null}
      />
      {data === undefined && error !== null && neverSeen && <NeverSeen workspaceId={workspaceId} />}
      {data === undefined && error !== null && !neverSeen && <Failure what="This workspace" error={error} />}
      {data === undefined && error === null && <Loading rows={4} />}
      {data !== undefined && (
        // Nothing that was asked of one workspace stays for the next.
        <Workspace key={workspaceId} workspaceId={workspaceId} orphans={data.body.items} outdated={outdated} />
      )}
    </div>
  );
}

interface WorkspaceProps {
  readonly workspaceId: string;
  readonly orphans: readonly Orphan[];
  readonly outdated: boolean;
}

function Workspace({ workspaceId, orphans, outdated }: WorkspaceProps) {
  const open = openOf(orphans);
  // They come with the open ones first, and the newest before the others.
  const shown = open.length > 0 ? open : orphans.slice(0, 1);
  const earlier = orphans.filter((orphan) => !shown.includes(orphan));
  const greyed = outdated ? 'outdated' : '';
  return (
    <>
      <div className={`space-y-4 ${greyed}`}>
        {shown.map((orphan) => (
          <OrphanHead key={keyOf(orphan)} orphan={orphan} />
        ))}
      </div>
      <WorkspaceActions workspaceId={workspaceId} orphans={orphans} />
      <SweepReport />
      <Reality workspaceId={workspaceId} />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
        <div className={`space-y-4 lg:order-last ${greyed}`}>
          {shown.map((orphan) => (
            <OrphanFacts key={keyOf(orphan)} orphan={orphan} />
          ))}
          {earlier.length > 0 && (
            <details className="space-y-4">
              <summary className="link flex min-h-11 w-fit cursor-pointer items-center text-sm">
                {count(earlier.length, 'earlier orphan')} of this workspace
              </summary>
              {earlier.map((orphan) => (
                <OrphanFacts key={keyOf(orphan)} orphan={orphan} />
              ))}
            </details>
          )}
        </div>
        <Timeline workspaceId={workspaceId} orphans={orphans} outdated={outdated} />
      </div>
    </>
  );
}

function keyOf({ instanceId, firstSeenAt }: Orphan): string {
  return `${instanceId} ${firstSeenAt}`;
}
