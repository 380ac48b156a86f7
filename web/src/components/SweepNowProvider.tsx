import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError, getSweep, postSweep } from '../api.ts';
import { type Asked, SweepNowContext } from '../hooks/useSweepNow.ts';

const FOLLOW_MS = 500;
const AGAIN_MS = 2_000;

/** Keeps the sweep that was asked for, whichever page is looked at meanwhile. */
export function SweepNowProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked>({ stage: 'none' });
  const began = useRef<string | null>(null);
  const sweepId = asked.stage === 'following' ? asked.sweepId : null;

  // What a person asked for is followed to its end even when updates are off.
  const { data } = useQuery({
    queryKey: ['sweep', sweepId, 'followed'],
    queryFn: ({ signal }) => getSweep(sweepId ?? '', signal),
    enabled: sweepId !== null,
    refetchInterval: ({ state: { data, error } }) => {
      const signedOut = error instanceof ApiError && error.failure === 'signed_out';
      if (data?.body.finishedAt != null || signedOut) return false;
      return error === null ? FOLLOW_MS : AGAIN_MS;
    },
    // To its end, and no further.
    refetchOnWindowFocus: false,
  });
  const sweep = sweepId === null ? null : (data?.body ?? null);
  const finishedAt = sweep?.finishedAt ?? null;
  useEffect(() => {
    if (finishedAt !== null) void client.invalidateQueries();
  }, [finishedAt, client]);

  const ask = async (dryRun: boolean, expected: number | null): Promise<void> => {
    setAsked({ stage: 'asking' });
    try {
      const { body } = await postSweep(dryRun, expected);
      if (!body.joined) began.current = body.id;
      // Whoever presses twice meets the sweep that they began themselves.
      const joined = began.current !== body.id;
      setAsked({ stage: 'following', sweepId: body.id, joined, sweep: body });
      void client.invalidateQueries({ queryKey: ['status'] });
    } catch (error) {
      setAsked({ stage: 'refused', message: error instanceof Error ? error.message : String(error) });
    }
  };

  const shown: Asked = asked.stage === 'following' ? { ...asked, sweep: sweep ?? asked.sweep } : asked;
  const value = {
    asked: shown,
    ask: (dryRun: boolean, expected: number | null) => void ask(dryRun, expected),
    dismiss: () => setAsked({ stage: 'none' }),
  };
  return <SweepNowContext value={value}>{children}</SweepNowContext>;
}
