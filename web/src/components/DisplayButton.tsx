import { lazy, Suspense, useState } from 'react';
import { DISPLAY_LOOK, DisplayLabel } from './DisplayLabel.tsx';

const DisplayMenu = lazy(() => import('./DisplayMenu.tsx'));

/** The menu is loaded when it is first opened: it is no part of the first screen. */
export function DisplayButton() {
  const [wanted, setWanted] = useState(false);
  const button = (
    <button type="button" className={DISPLAY_LOOK} onClick={() => setWanted(true)}>
      <DisplayLabel />
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
