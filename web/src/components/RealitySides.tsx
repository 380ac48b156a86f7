import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { InstanceAnswer } from '../../../server/api/instance.ts';
import type { BackendKind, BackendWords } from '../../../server/sweep/outcome.ts';
import { Id } from './Id.tsx';

/** What each side said, in its own words; what it did not say is not known. */

interface PlatformSaysProps extends Pick<InstanceAnswer, 'platform'> {
  /** Rows of a platform with containers name none. */
  readonly kind: BackendKind | null;
}

export function PlatformSays({ platform: { answer, error }, kind }: PlatformSaysProps) {
  return (
    <Side title="Platform database">
      {answer === null ? (
        <NotKnown why={error} />
      ) : (
        <>
          {answer.tableEmpty && <p className="text-warn">Its table holds no row at all.</p>}
          {answer.row === null ? (
            <p>No row of this workspace.</p>
          ) : (
            <>
              <p className="font-medium">{answer.row.removed ? 'Removed' : 'Live'}</p>
              {kind !== 'docker' && (
                <p>{answer.row.instanceId === null ? 'Names no instance' : <Names id={answer.row.instanceId} />}</p>
              )}
            </>
          )}
          {answer.liveRows.map(({ workspaceId, workspaceName, instanceId }) => (
            <p key={`${workspaceId} ${instanceId}`} className="break-words text-bad">
              {kind === 'docker' ? 'Live, and its name fits' : 'Live and names'} {instanceId}:{' '}
              <Link to="/orphans/$workspaceId" params={{ workspaceId }} className="underline underline-offset-3">
                {workspaceName ?? workspaceId}
              </Link>
            </p>
          ))}
        </>
      )}
    </Side>
  );
}

interface BackendSaysProps extends Pick<InstanceAnswer, 'instances'> {
  readonly words: BackendWords;
}

export function BackendSays({ instances, words }: BackendSaysProps) {
  return (
    <Side title={words.backendLabel}>
      {instances.length === 0 && <p>Not asked: no orphan of this workspace is open.</p>}
      {instances.map(({ instanceId, state, error }) => (
        <div key={instanceId}>
          {state === null ? <NotKnown why={error} /> : <p className="font-medium">{state}</p>}
          <p>
            <Id id={instanceId} what={`${words.instance} id`} />
          </p>
        </div>
      ))}
    </Side>
  );
}

function Side({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title} className="min-w-0 space-y-1 rounded-lg bg-raised p-3 text-sm">
      <h3 className="text-soft">{title}</h3>
      {children}
    </section>
  );
}

function Names({ id }: { readonly id: string }) {
  return (
    <>
      Names <Id id={id} what="instance id" />
    </>
  );
}

function NotKnown({ why }: { readonly why: string | null }) {
  return (
    <p className="break-words">
      <span className="font-medium">Not known.</span> {why}
    </p>
  );
}
