import { useQuery } from '@tanstack/react-query';
import { Radar } from 'lucide-react';
import type { InstanceAnswer } from '../../../server/api/instance.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { getInstance } from '../api.ts';
import { useBackendKind } from '../hooks/useBackend.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { realitiesOf } from '../lib/reality.ts';
import { TONE_ICONS, TONE_TEXT } from './icons.ts';
import { BackendSays, PlatformSays } from './RealitySides.tsx';
import { Ago } from './When.tsx';

/** Database beside reality: asked when somebody presses, and kept as it was said until they press again. */
export function Reality({ workspaceId }: { readonly workspaceId: string }) {
  const answer = useQuery({
    queryKey: ['instance', workspaceId],
    queryFn: ({ signal }) => getInstance(workspaceId, signal),
    enabled: false,
    gcTime: Number.POSITIVE_INFINITY,
  });
  const { data, isFetching, isError, error } = answer;
  const outdated = useOutdated(answer);
  const { backend, instance } = wordsOf(useBackendKind());
  return (
    <section aria-labelledby="reality" className="card space-y-3 p-4">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id="reality" className="font-semibold">
          Database and reality
        </h2>
        {/* Not disabled while it is asked: that would throw the focus away. */}
        <button
          type="button"
          className="button"
          aria-busy={isFetching}
          onClick={() => {
            if (!isFetching) void answer.refetch();
          }}
        >
          <Radar aria-hidden="true" className="size-4" />
          {isFetching ? 'Asking…' : `Check ${instance} now`}
        </button>
      </div>
      {data === undefined && !isFetching && !isError && (
        <p className="text-sm text-soft">
          Not asked yet. It asks the platform database and the {backend}, changes nothing, and takes up to 10 s.
        </p>
      )}
      {isFetching && <p className="text-sm text-soft">Asking both sides. That takes up to 10 s.</p>}
      {isError && !isFetching && (
        <p role="alert" className="rounded-lg bg-bad-wash p-3 text-sm break-words">
          <strong>Not known.</strong> {error.message}
          {data !== undefined && ' Below is what was said before.'}
        </p>
      )}
      {data !== undefined && <Answered answer={data.body} outdated={outdated} />}
    </section>
  );
}

function Answered({ answer, outdated }: { readonly answer: InstanceAnswer; readonly outdated: boolean }) {
  const kind = useBackendKind();
  return (
    <div className={`space-y-3 ${outdated ? 'outdated' : ''}`}>
      <div role="status" className="space-y-1.5">
        {realitiesOf(answer, kind).map(({ instanceId, tone, sentence }) => {
          const Icon = TONE_ICONS[tone];
          return (
            <p key={instanceId} className="flex gap-2 font-medium">
              <Icon aria-hidden="true" className={`mt-0.5 size-5 shrink-0 ${TONE_TEXT[tone]}`} />
              <span className="min-w-0 break-words">
                {answer.instances.length > 1 && `${instanceId}: `}
                {sentence}
              </span>
            </p>
          );
        })}
      </div>
      <div className="grid gap-4 sm:grid-cols-2">
        <PlatformSays {...answer} kind={kind} />
        <BackendSays {...answer} words={wordsOf(kind)} />
      </div>
      <p className="text-sm text-soft">
        Asked <Ago time={answer.askedAt} />
      </p>
    </div>
  );
}
