import type { Attempt } from '../../../server/api/attempts.ts';
import type { AuditEntry } from '../../../server/api/audit.ts';
import type { Orphan } from '../../../server/api/orphans.ts';
import { type Answer, getWorkspaceAttempts, getWorkspaceAudit } from '../api.ts';
import { useAllAttempts } from '../hooks/useAllAttempts.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import type { Polled } from '../hooks/usePoll.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { timelineOf } from '../lib/timeline.ts';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';
import { TimelineItem } from './TimelineItem.tsx';

interface TimelineProps {
  readonly workspaceId: string;
  readonly orphans: readonly Orphan[];
  /** The orphans are as they were. */
  readonly outdated: boolean;
}

type Page = { readonly items: Attempt[]; readonly nextCursor: string | null };

/** From the removal to the end, newest first. What could not be read is said: none is not the same as not known. */
export function Timeline({ workspaceId, orphans, outdated }: TimelineProps) {
  const attempts = usePoll({
    queryKey: ['orphans', workspaceId, 'attempts'],
    queryFn: ({ signal }) => getWorkspaceAttempts(workspaceId, null, signal),
  });
  const audit = usePoll({
    queryKey: ['orphans', workspaceId, 'audit'],
    queryFn: ({ signal }) => getWorkspaceAudit(workspaceId, signal),
  });
  const { data, error } = attempts;
  return (
    <section aria-labelledby="timeline" className="card space-y-3 p-4">
      <h2 id="timeline" className="font-semibold">
        Timeline
      </h2>
      {data === undefined && error !== null && <Failure what="The attempts" error={error} />}
      {data === undefined && error === null && <Loading rows={3} />}
      {audit.error !== null && (
        <p className="text-sm text-soft">
          {audit.data === undefined ? 'Who held or acknowledged it' : 'Who held or acknowledged it since'} could not be
          read. {audit.error.message}
        </p>
      )}
      {data !== undefined && (
        <Known
          workspaceId={workspaceId}
          orphans={orphans}
          attempts={attempts}
          newest={data.body}
          acts={audit.data?.body.items ?? null}
          outdated={outdated}
        />
      )}
    </section>
  );
}

interface KnownProps extends TimelineProps {
  readonly attempts: Polled<Answer<Page>>;
  readonly newest: Page;
  readonly acts: readonly AuditEntry[] | null;
}

function Known({ workspaceId, orphans, attempts, newest, acts, outdated }: KnownProps) {
  const all = useAllAttempts(workspaceId, newest);
  const { serverNowMs } = useStatus();
  const greyed = useOutdated(attempts) || outdated;
  const several = new Set(orphans.map(({ instanceId }) => instanceId)).size > 1;
  return (
    <ol className={greyed ? 'outdated' : ''}>
      {timelineOf({ orphans, attempts: all.attempts, more: all.more, acts, nowMs: serverNowMs }).map((happened) => (
        <TimelineItem key={happened.id} happened={happened} several={several} older={all} />
      ))}
    </ol>
  );
}
