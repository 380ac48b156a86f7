import type { ReactNode } from 'react';
import { statusQuery } from '../hooks/statusQuery.ts';
import { useConnection } from '../hooks/useConnection.ts';
import { useNow } from '../hooks/useNow.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { StatusContext } from '../hooks/useStatus.ts';

export function StatusProvider({ children }: { readonly children: ReactNode }) {
  const { data } = usePoll(statusQuery);
  const line = useConnection();
  const nowMs = useNow();
  const known =
    data === undefined
      ? { ...line, status: null, serverNowMs: 0 }
      : {
          ...line,
          status: data.body,
          serverNowMs: Date.parse(data.body.now) + Math.max(0, nowMs - data.receivedMs),
        };
  return <StatusContext value={known}>{children}</StatusContext>;
}
