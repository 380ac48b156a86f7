import { useLocation } from '@tanstack/react-router';
import { useStatus } from '../hooks/useStatus.ts';
import { dated } from '../lib/moment.ts';

/** On paper only: where this is from and how old it is. A sheet has neither an address bar nor a clock. */
export function PrintHead() {
  const { status } = useStatus();
  const { href } = useLocation();
  return (
    <p data-print-head className="mx-auto hidden max-w-7xl px-4 pt-3 text-sm print:block">
      {status === null ? 'Nothing is known yet' : `Data from ${dated(status.now)}`}
      <span className="block break-all">
        {location.origin}
        {href}
      </span>
    </p>
  );
}
