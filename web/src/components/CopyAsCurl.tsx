import type { Orphan } from '../../../server/api/orphans.ts';
import { useActor } from '../hooks/useActor.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { TOKEN_VARIABLE } from '../lib/curl.ts';
import { curlsOf } from '../lib/workspace-curls.ts';
import { CopyButton } from './CopyButton.tsx';

interface CopyAsCurlProps {
  readonly workspaceId: string;
  readonly orphans: readonly Orphan[];
}

/** Each action as a line for a shell. Made when it is copied: a hold is for an hour from then. */
export function CopyAsCurl({ workspaceId, orphans }: CopyAsCurlProps) {
  const { signedIn, actor } = useActor();
  const withToken = signedIn !== null;
  const { serverNowMs, status } = useStatus();
  const kind = status?.backend.kind ?? null;
  return (
    <details className="text-sm">
      <summary className="link flex min-h-11 w-fit cursor-pointer items-center sm:min-h-8">Copy as curl</summary>
      <div className="flex flex-wrap gap-2 pt-1 pb-2">
        {curlsOf(workspaceId, orphans, kind).map(({ name, line }) => (
          <CopyButton
            key={name}
            label={`${name} as curl`}
            text={() => line({ origin: location.origin, withToken, actor, nowMs: serverNowMs })}
          />
        ))}
      </div>
      <p className="max-w-prose text-soft">
        What stands in capitals is to be filled in.{' '}
        {withToken ? (
          <>
            The line carries no credentials: have an API token (Settings) in{' '}
            <code className="font-mono break-all">{TOKEN_VARIABLE}</code>, under whose name it is done.
          </>
        ) : (
          'The line carries no credentials: where a proxy asks for them, add them.'
        )}
      </p>
    </details>
  );
}
