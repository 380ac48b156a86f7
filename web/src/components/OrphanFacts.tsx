import { ExternalLink } from 'lucide-react';
import type { Orphan } from '../../../server/api/orphans.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { number } from '../lib/count.ts';
import { named } from '../lib/named.ts';
import { instanceUrl } from '../lib/settings.ts';
import { OUTCOME_WORDS, resolutionWords, SECOND_LOOK_WORDS, whyWords } from '../lib/words.ts';
import { Facts } from './Facts.tsx';
import { Id } from './Id.tsx';
import { Since, Until, When } from './When.tsx';

/** All that is known of one orphan. */
export function OrphanFacts({ orphan }: { readonly orphan: Orphan }) {
  const { status } = useStatus();
  const kind = status?.backend.kind ?? null;
  const words = wordsOf(kind);
  const cloud = instanceUrl(useSettings(status), orphan);
  const { lastError, hold, secondLook } = orphan;
  const nextAttemptAt = hold === null ? orphan.nextAttemptAt : null;
  return (
    <section aria-label={`Facts of ${orphan.instanceId}`} className="card space-y-3 p-4">
      <h2 className="font-semibold">Facts</h2>
      <Facts
        facts={[
          [words.instanceLabel, <Id key="id" id={orphan.instanceId} what={`${words.instance} id`} whole />],
          ['Workspace id', <Id key="id" id={orphan.workspaceId} what="workspace id" whole />],
          ['In the cloud', cloud === null ? null : <CloudLink key="link" href={cloud} />],
          ['Why it is listed', whyWords(orphan.why, kind)],
          ['Removed at or before', <Since key="since" time={orphan.orphanedAt} />],
          ['First seen', <When key="when" time={orphan.firstSeenAt} />],
          ['Attempts', number(orphan.attempts)],
          ['Last attempt', orphan.lastAttemptAt === null ? null : <When key="when" time={orphan.lastAttemptAt} />],
          ['Last outcome', orphan.lastOutcome === null ? null : OUTCOME_WORDS[orphan.lastOutcome]],
          ['Last error', lastError === null ? null : lastError.message],
          ['Next attempt', nextAttemptAt === null ? null : <Until key="until" time={nextAttemptAt} />],
          ['Held', hold === null ? null : <Held key="held" hold={hold} />],
          ['Second look', secondLook === null ? null : <Look key="look" look={secondLook} />],
          ['Ended', orphan.resolvedAt === null ? null : <When key="when" time={orphan.resolvedAt} />],
          ['How', orphan.resolution === null ? null : resolutionWords(orphan.resolution, kind)],
        ]}
      />
    </section>
  );
}

function Held({ hold }: { readonly hold: NonNullable<Orphan['hold']> }) {
  return (
    <>
      <span className="block">{hold.reason}</span>
      <span className="block">
        By {named(hold.actor, hold.verified)}, <When time={hold.since} />
      </span>
      <span className="block">
        Ends <Until time={hold.until} />
      </span>
    </>
  );
}

function Look({ look: { result, dueAt } }: { readonly look: NonNullable<Orphan['secondLook']> }) {
  return (
    <>
      {SECOND_LOOK_WORDS[result]}
      {dueAt !== null && (
        <>
          ; asked <Until time={dueAt} />
        </>
      )}
    </>
  );
}

function CloudLink({ href }: { readonly href: string }) {
  return (
    <a href={href} target="_blank" rel="noreferrer" className="link inline-flex items-center gap-1">
      Open in the cloud's console <ExternalLink aria-hidden="true" className="size-3.5" />
    </a>
  );
}
