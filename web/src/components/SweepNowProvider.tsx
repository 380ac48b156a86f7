import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError, getManualSweeps, getSweep, mayBeDone } from '../api.ts';
import { postSweep, type SweepOrder } from '../changes.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type Asked, SweepNowContext } from '../hooks/useSweepNow.ts';
import { sweepOf } from '../lib/sweep-of.ts';

const FOLLOW_MS = 500;
const AGAIN_MS = 2_000;
/** A sweep that nobody has seen by then did not begin. */
const MOST_LOOKS = 15;

/** Keeps the sweep that was asked for, whichever page is looked at meanwhile. */
export function SweepNowProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const { serverNowMs } = useStatus();
  const [asked, setAsked] = useState<Asked>({ stage: 'none' });
  const began = useRef<string | null>(null);
  const sweepId = asked.stage === 'following' ? asked.sweepId : null;

  // What a person asked for is followed to its end even when updates are off.
  const { data } = useQuery({
    queryKey: ['sweep', sweepId, 'followed'],
    queryFn: ({ signal }) => getSweep(sweepId ?? '', signal),
    enabled: sweepId !== null,
    refetchInterval: ({ state: { data, error } }) => {
      if (data?.body.finishedAt != null || isSignedOut(error)) return false;
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

  // Nobody said whether it began: it is looked for.
  const open = asked.stage === 'not_known' ? asked : null;
  const looked = useQuery({
    queryKey: ['sweeps', 'asked for', open?.sinceMs ?? null],
    queryFn: ({ signal }) => getManualSweeps(signal),
    enabled: open !== null,
    refetchInterval: ({ state: { dataUpdateCount, error } }) =>
      dataUpdateCount >= MOST_LOOKS || isSignedOut(error) ? false : AGAIN_MS,
    refetchOnWindowFocus: false,
  });
  const notIncluded = open?.order.notIncluded ?? 0;
  const found = open === null ? null : sweepOf(open, looked.data?.body.items ?? []);
  useEffect(() => {
    if (found === null) return;
    if (!found.joined) began.current = found.sweep.id;
    const { sweep, joined } = found;
    setAsked({ stage: 'following', sweepId: sweep.id, joined, sweep, notIncluded });
    void client.invalidateQueries({ queryKey: ['status'] });
  }, [found, client, notIncluded]);

  const begin = async (order: SweepOrder): Promise<void> => {
    const { body } = await postSweep(order);
    if (!body.joined) began.current = body.id;
    // Whoever presses twice meets the sweep that they began themselves.
    const joined = began.current !== body.id;
    setAsked({ stage: 'following', sweepId: body.id, joined, sweep: body, notIncluded: order.notIncluded ?? 0 });
    void client.invalidateQueries({ queryKey: ['status'] });
  };
  const ask = async (order: SweepOrder): Promise<unknown> => {
    setAsked({ stage: 'asking', order });
    const sinceMs = serverNowMs;
    try {
      await begin(order);
      return null;
    } catch (error) {
      if (mayBeDone(error)) {
        setAsked({ stage: 'not_known', message: error.message, order, sinceMs });
      } else {
        setAsked({ stage: 'refused', message: error instanceof Error ? error.message : String(error) });
      }
      return error;
    }
  };

  const shown: Asked = asked.stage === 'following' ? { ...asked, sweep: sweep ?? asked.sweep } : asked;
  const value = {
    asked: shown,
    ask,
    begin,
    dismiss: () => setAsked({ stage: 'none' }),
  };
  return <SweepNowContext value={value}>{children}</SweepNowContext>;
}

function isSignedOut(error: Error | null): boolean {
  return error instanceof ApiError && error.failure === 'signed_out';
}
