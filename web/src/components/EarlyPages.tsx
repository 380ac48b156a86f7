import { useEffect } from 'react';
import { useStatus } from '../hooks/useStatus.ts';
import { LATE_PAGES } from '../pages/late.ts';

/** Where a browser cannot say when it is idle: by then the first screen is there. */
const IDLE_AFTER_MS = 2_000;

function bringAll(): void {
  for (const { fetchEarly } of LATE_PAGES) void fetchEarly();
}

/** Brings the other pages, which are small, once the first data are there: when they are wanted the server may be away. */
export function EarlyPages() {
  const ready = useStatus().status !== null;
  useEffect(() => {
    if (!ready) return;
    if (!('requestIdleCallback' in window)) {
      const timer = setTimeout(bringAll, IDLE_AFTER_MS);
      return () => clearTimeout(timer);
    }
    const idle = window.requestIdleCallback(bringAll);
    return () => window.cancelIdleCallback(idle);
  }, [ready]);
  return null;
}
