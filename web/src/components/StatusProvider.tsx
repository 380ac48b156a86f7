import type { ReactNode } from 'react';
import { statusQuery } from '../hooks/statusQuery.ts';
import { useConnection } from '../hooks/useConnection.ts';
import { useNow } from '../hooks/useNow.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { StatusContext } from '../hooks/useStatus.ts';

export function StatusProvider({ children }: { readonly children: ReactNode }) {
  const { data } = usePoll(statusQuery);
  const connection = useConnection();
  const nowMs = useNow();
  const known =
    data === undefined
      ? { status: null, connection, serverNowMs: 0 }
      : {
          status: data.body,
          connection,
          serverNowMs: Date.parse(data.body.now) + Math.max(0, nowMs - data.receivedMs),
        };
  return <StatusContext value={known}>{children}</StatusContext>;
}
