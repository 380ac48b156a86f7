import { useEffect, useRef, useState } from 'react';
import type { Status } from '../../../server/api/status.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { ApiError } from '../api.ts';
import { postRelease } from '../changes.ts';
import { Id } from '../components/Id.tsx';
import { Since, When } from '../components/When.tsx';
import { useBackendKind, useBackendWords } from '../hooks/useBackend.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { count, number } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import { noWayBack } from '../lib/no-way-back.ts';
import { Frame } from './Frame.tsx';
import { ReasonField } from './ReasonField.tsx';

type Brake = NonNullable<Status['brake']>;

const SHOWN = 5;

/** Lets sweeping go on after the safety brake stopped it: by somebody who has looked at what it would stop. */
export function ReleaseDialog() {
  const { status } = useStatus();
  // As it was when it was asked for: the number must not change under the hand that types it.
  const [orphans, setOrphans] = useState(status?.brake?.orphans ?? 0);
  const [brake] = useState(status?.brake ?? null);
  const [reason, setReason] = useState('');
  const kind = useBackendKind();
  const [typed, setTyped] = useState('');
  const act = async (actor: string | null): Promise<void> => {
    try {
      await postRelease(orphans, reason.trim(), actor);
    } catch (error) {
      if (error instanceof ApiError && error.orphans !== null) setOrphans(error.orphans);
      throw error;
    }
  };
  return (
    <Frame
      title={`Release the safety brake for ${count(orphans, 'orphan')}`}
      press={`Release ${number(orphans)}`}
      actor="required"
      act={act}
      readFirst
      fields={
        <>
          <ReasonField value={reason} onType={setReason} example="we did remove them" />
          <NumberField orphans={orphans} typed={typed} onType={setTyped} />
        </>
      }
    >
      {brake !== null && <Latched brake={status?.brake ?? brake} orphans={orphans} />}
      <p>
        Their {wordsOf(kind).instance}s are stopped by the next sweeps, and a {noWayBack(kind)}. If these workspaces
        were not removed on purpose, do not release: mend the platform first. More than the limit that come later latch
        it again.
      </p>
    </Frame>
  );
}

function Latched({ brake, orphans }: { readonly brake: Brake; readonly orphans: number }) {
  const { serverNowMs } = useStatus();
  const { instance } = useBackendWords();
  const shown = brake.sample.slice(0, SHOWN);
  return (
    <>
      <p>
        {number(brake.newOrphans)} came within 10 min
        {brake.limit !== null && `, over the limit of ${number(brake.limit)}`}, <When time={brake.latchedAt} />.{' '}
        {number(orphans)} {orphans === 1 ? 'waits' : 'wait'} now
        {brake.oldest !== null && (
          <>
            , the oldest for <Since time={brake.oldest} />
          </>
        )}
        .
      </p>
      {shown.length > 0 && (
        <ul aria-label="Some of them" className="divide-y divide-line rounded-lg border border-line px-3 text-sm">
          {shown.map(({ workspaceId, workspaceName, instanceId, orphanedAt }) => (
            <li key={`${workspaceId} ${instanceId}`} className="flex flex-wrap items-baseline gap-x-3 py-1.5">
              <span className="min-w-0 font-medium break-words">{workspaceName ?? workspaceId}</span>
              <Id id={instanceId} what={`${instance} id`} />
              <span className="text-soft">removed {duration(serverNowMs - Date.parse(orphanedAt))} ago</span>
            </li>
          ))}
        </ul>
      )}
      <p className="text-sm">
        <a href="/orphans" target="_blank" rel="noreferrer" className="link">
          All of them, in a new tab
        </a>
      </p>
    </>
  );
}

interface NumberFieldProps {
  readonly orphans: number;
  readonly typed: string;
  readonly onType: (typed: string) => void;
}

/** Typed, so that it was read. */
function NumberField({ orphans, typed, onType }: NumberFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const right = typed.replaceAll(/[\s,.]/g, '') === String(orphans);
  useEffect(() => {
    input.current?.setCustomValidity(right ? '' : `Type ${number(orphans)}, the number of orphans that you release.`);
  }, [right, orphans]);
  return (
    <label className="block text-sm font-medium">
      Type the number of orphans: {number(orphans)}
      <input
        ref={input}
        className="field mt-1 font-normal"
        value={typed}
        onChange={(event) => onType(event.target.value)}
        inputMode="numeric"
        autoComplete="off"
        enterKeyHint="next"
      />
    </label>
  );
}
