import { useSyncExternalStore } from 'react';

/** The width from which tables fit; below it there are cards. The same as Tailwind's `sm`, in app.css and classes. */
const WIDE = '(min-width: 40rem)';

function subscribe(listener: () => void): () => void {
  const media = window.matchMedia(WIDE);
  media.addEventListener('change', listener);
  return () => media.removeEventListener('change', listener);
}

export function useWide(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(WIDE).matches);
}
