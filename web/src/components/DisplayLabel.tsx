import { SlidersHorizontal } from 'lucide-react';

/** The same button before its menu has been loaded and after. */
export const DISPLAY_LOOK = 'button min-w-11 px-3 text-sm sm:min-h-9';

export function DisplayLabel() {
  return (
    <>
      <SlidersHorizontal aria-hidden="true" className="size-4" />
      <span className="max-sm:sr-only">Display</span>
    </>
  );
}
