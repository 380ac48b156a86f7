import { useState } from 'react';
import { useBackendWords } from '../hooks/useBackend.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { useVerdictInput } from '../hooks/useVerdict.ts';
import { number } from '../lib/count.ts';
import { steeringOf, withoutDots } from '../lib/steering.ts';
import { AtStake } from './AtStake.tsx';
import { Frame } from './Frame.tsx';
import { NoWayBack } from './NoWayBack.tsx';
import { PauseNote } from './PauseNote.tsx';
import { ReasonField } from './ReasonField.tsx';

/** Sweeping until none is left. */
export function DrainDialog({ label }: { readonly label: string }) {
  const input = useVerdictInput();
  const { begin } = useSweepNow();
  const { backend } = useBackendWords();
  const [reason, setReason] = useState('');
  const { status, sweepLimit: limit } = input;
  const press = withoutDots(steeringOf(input).drain ?? label);
  const expected = status?.counts?.open ?? null;
  return (
    <Frame
      title={press}
      press={press}
      actor="required"
      act={(actor) => begin({ drain: true, expected, reason: reason.trim(), actor })}
      fields={<ReasonField value={reason} onType={setReason} example="clearing up after the outage" />}
    >
      <AtStake />
      <PauseNote meanwhile="It runs all the same, and the pause stays." />
      <p>
        One sweep goes on until each of them has been tried once, and not only{' '}
        {limit === null ? 'as many as a plain sweep takes' : `${number(limit)} of them`}. <NoWayBack /> It ends early
        when the {backend} fails or the safety brake latches, and you can cancel it. If the number has changed by then,
        nothing is done and you are told.
      </p>
    </Frame>
  );
}
