import { useSyncExternalStore } from 'react';

/** The width from which there is room beside each other. The same as Tailwind's `sm`, in app.css and classes. */
const WIDE = '(min-width: 40rem)';
/** The width from which the table of orphans fits with all its columns; below it there are cards. */
const TABLE = '(min-width: 76rem)';

function matching(query: string) {
  const subscribe = (listener: () => void): (() => void) => {
    const media = window.matchMedia(query);
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  };
  const matches = (): boolean => window.matchMedia(query).matches;
  return { subscribe, matches };
}

const wide = matching(WIDE);
const table = matching(TABLE);

export function useWide(): boolean {
  return useSyncExternalStore(wide.subscribe, wide.matches);
}

export function useTableFits(): boolean {
  return useSyncExternalStore(table.subscribe, table.matches);
}
