import { ChevronDown } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';

const DisplayMenu = lazy(() => import('./DisplayMenu.tsx'));

/** The menu is loaded when it is first opened: it is no part of the first screen. */
export function DisplayButton() {
  const [wanted, setWanted] = useState(false);
  const button = (
    <button type="button" className="button min-h-9 px-3 text-sm" onClick={() => setWanted(true)}>
      Display <ChevronDown aria-hidden="true" className="size-4" />
    </button>
  );
  return wanted ? (
    <Suspense fallback={button}>
      <DisplayMenu />
    </Suspense>
  ) : (
    button
  );
}
