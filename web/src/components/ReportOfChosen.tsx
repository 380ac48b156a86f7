import { useEffect, useRef } from 'react';
import { SweepReport } from './SweepReport.tsx';

/** @param told how often something was told here: each time it comes into view, and takes the focus of what has left */
export function ReportOfChosen({ told }: { readonly told: number }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (told > 0) place.current?.focus();
  }, [told]);
  return (
    <div ref={place} tabIndex={-1} className="scroll-mt-4 outline-none empty:hidden" data-report>
      <SweepReport />
    </div>
  );
}
