import { useQuery } from '@tanstack/react-query';
import type { BackendKind } from '../../../server/sweep/outcome.ts';
import { getOrphans } from '../api.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { duration } from '../lib/duration.ts';
import { EVER_RESOLVED, TRY_IT } from '../lib/nothing-yet.ts';
import { platformTable } from '../lib/settings.ts';
import { Facts } from './Facts.tsx';
import { SnippetBox } from './SnippetBox.tsx';

const FOR: Readonly<Record<BackendKind, string>> = {
  'control-plane': 'workspaces that are removed and still name an instance',
  docker: 'containers whose workspace is removed, or has no row',
};

/** What is watched, and how to see it work without a leak. Gone for good once the first orphan was seen. */
export function NothingYet() {
  const { status } = useStatus();
  const settings = useSettings(status);
  // Asked once: what comes from now on is counted as open first.
  const cleared = useQuery({
    queryKey: ['orphans', 'ever'],
    queryFn: async ({ signal }) => {
      const answers = await Promise.all(EVER_RESOLVED.map((query) => getOrphans(query, signal)));
      return answers.reduce((sum, { body }) => sum + body.total, 0);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (status === null || settings === null || cleared.data !== 0) return null;
  const dry = status.sweeper.state === 'dry_run';
  return (
    <section aria-labelledby="nothing-yet" className="card p-4">
      <h2 id="nothing-yet" className="font-semibold">
        Nothing has leaked so far
      </h2>
      <div className="mt-3 grid gap-x-10 gap-y-4 lg:grid-cols-2">
        <Facts
          facts={[
            ['Watched', <Table key="table" name={platformTable(settings)} />],
            ['For', FOR[status.backend.kind ?? 'control-plane']],
            ['Every', duration(status.sweeper.intervalSeconds * 1000)],
            ['Then', dry ? 'listed, not stopped: this is a dry run' : 'swept, or only listed under SWEEP_DRY_RUN'],
          ]}
        />
        <SnippetBox snippet={TRY_IT} />
      </div>
    </section>
  );
}

function Table({ name }: { readonly name: string }) {
  return <code className="font-mono text-[0.8125rem] break-all">{name}</code>;
}
