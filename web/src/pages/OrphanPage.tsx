import { getRouteApi } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { getWorkspaceAttempts, getWorkspaceOrphans } from '../api.ts';
import { AttemptList } from '../components/AttemptList.tsx';
import { Facts } from '../components/Facts.tsx';
import { Failure } from '../components/Failure.tsx';
import { Id } from '../components/Id.tsx';
import { STATE_MARKS } from '../components/icons.ts';
import { Loading } from '../components/Loading.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { Since, When } from '../components/When.tsx';
import { Word } from '../components/Word.tsx';
import { usePoll } from '../hooks/usePoll.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { instanceUrl } from '../lib/settings.ts';
import { OUTCOME_WORDS, RESOLUTION_WORDS, STATE_WORDS, WHY_WORDS } from '../lib/words.ts';

const route = getRouteApi('/orphans/$workspaceId');

/** One workspace: every orphan it has or had, and every attempt. */
export function OrphanPage() {
  const { workspaceId } = route.useParams();
  const orphans = usePoll({
    queryKey: ['orphans', workspaceId],
    queryFn: ({ signal }) => getWorkspaceOrphans(workspaceId, signal),
  });
  const attempts = usePoll({
    queryKey: ['orphans', workspaceId, 'attempts'],
    queryFn: ({ signal }) => getWorkspaceAttempts(workspaceId, signal),
  });
  const [first] = orphans.data?.body.items ?? [];
  return (
    <div className="space-y-4">
      <PageHead
        title={first?.workspaceName ?? workspaceId}
        outdated={orphans.data !== undefined && (orphans.isError || orphans.data.body.stale)}
        asOf={orphans.data?.body.observedAt ?? null}
      />
      {orphans.data === undefined && orphans.isError && <Failure what="This workspace" error={orphans.error} />}
      {orphans.data === undefined && !orphans.isError && <Loading rows={4} />}
      <div className={`space-y-4 ${orphans.isError ? 'outdated' : ''}`}>
        {orphans.data?.body.items.map((orphan) => (
          <OrphanFacts key={`${orphan.instanceId} ${orphan.firstSeenAt}`} orphan={orphan} />
        ))}
      </div>
      {attempts.data !== undefined && (
        <section aria-labelledby="attempts" className="card p-4">
          <h2 id="attempts" className="font-semibold">
            Attempts
          </h2>
          {attempts.data.body.items.length === 0 && <p className="mt-2 text-sm">None yet.</p>}
          <AttemptList attempts={attempts.data.body.items} of="workspace" />
          {attempts.data.body.nextCursor !== null && (
            <p className="text-sm text-soft">The newest 200; there are more.</p>
          )}
        </section>
      )}
    </div>
  );
}

function OrphanFacts({ orphan }: { readonly orphan: Orphan }) {
  const { status } = useStatus();
  const console_ = instanceUrl(useSettings(status), orphan);
  const { state, lastError } = orphan;
  return (
    <section aria-label={`Instance ${orphan.instanceId}`} className="card space-y-3 p-4">
      <p className="text-base">
        <Word mark={STATE_MARKS[state]} word={STATE_WORDS[state]} />
      </p>
      <p className="break-words">{orphan.explanation}</p>
      <Facts
        facts={[
          ['Instance', <Id key="id" id={orphan.instanceId} what="instance id" whole />],
          ['Workspace id', <Id key="id" id={orphan.workspaceId} what="workspace id" whole />],
          ['In the cloud', console_ === null ? null : <CloudLink key="link" href={console_} />],
          ['Why it is listed', WHY_WORDS[orphan.why]],
          ['Removed at or before', <Since key="since" time={orphan.orphanedAt} />],
          ['First seen', <When key="when" time={orphan.firstSeenAt} />],
          ['Attempts', number(orphan.attempts)],
          ['Last attempt', orphan.lastAttemptAt === null ? null : <When key="when" time={orphan.lastAttemptAt} />],
          ['Last outcome', orphan.lastOutcome === null ? null : OUTCOME_WORDS[orphan.lastOutcome]],
          ['Last error', lastError === null ? null : lastError.message],
          ['Next attempt', orphan.nextAttemptAt === null ? null : <When key="when" time={orphan.nextAttemptAt} />],
          ['Ended', orphan.resolvedAt === null ? null : <When key="when" time={orphan.resolvedAt} />],
          ['How', orphan.resolution === null ? null : RESOLUTION_WORDS[orphan.resolution]],
        ]}
      />
    </section>
  );
}

function CloudLink({ href }: { readonly href: string }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className="link inline-flex items-center gap-1">
      Open in the cloud's console <ExternalLink aria-hidden="true" className="size-3.5" />
    </a>
  );
}
