import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useStatus } from '../hooks/useStatus.ts';
import { useTableFits } from '../hooks/useWide.ts';
import { DisplayButton } from './DisplayButton.tsx';
import { TrustStrip } from './TrustStrip.tsx';

/** A phone has room for four beside the first of the facts, and leads to the settings from its Display menu. */
const PAGES = [
  { to: '/', label: 'Now', look: '' },
  { to: '/orphans', label: 'Orphans', look: '' },
  { to: '/sweeps', label: 'Sweeps', look: '' },
  { to: '/activity', label: 'Activity', look: '' },
  { to: '/settings', label: 'Settings', look: 'max-sm:hidden' },
] as const;

export function Header() {
  const { status } = useStatus();
  // The four facts stand beside the name where they fit, and else on a line of their own.
  const beside = useTableFits();
  const [menuMissing, setMenuMissing] = useState(false);
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex max-w-7xl items-center gap-x-4 px-4 pt-2 sm:py-2">
        <Link
          to="/"
          aria-label="Orphan Sweeper"
          className="flex items-center gap-2 py-1 font-semibold whitespace-nowrap"
        >
          <img src="/favicon-info.svg" alt="" width="20" height="20" />
          {/* A phone has no room for both, and where one is matters more. */}
          <span className={status?.environment == null ? '' : 'max-sm:hidden'}>Orphan Sweeper</span>
        </Link>
        {status !== null && <EnvironmentBadge name={status.environment} />}
        <div className="hidden min-w-0 flex-1 sm:block">{beside && <TrustStrip />}</div>
        <div className="ml-auto">
          <DisplayButton onMissing={setMenuMissing} />
        </div>
      </div>
      <div className="mx-auto flex max-w-7xl flex-wrap items-center justify-between gap-x-2 px-3 sm:px-1.5">
        <nav aria-label="Pages" className="flex gap-x-1.5 sm:gap-x-0">
          {PAGES.map(({ to, label, look }) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: to === '/', includeSearch: false }}
              className={`border-b-2 px-1 py-3 text-sm font-medium sm:px-2.5 sm:py-2.5 ${look}`}
              activeProps={{ className: 'border-accent text-ink' }}
              inactiveProps={{ className: 'border-transparent text-soft hover:text-ink' }}
            >
              {label}
            </Link>
          ))}
        </nav>
        {!beside && (
          <div className="px-1 py-1.5 sm:py-0.5">
            <TrustStrip />
          </div>
        )}
      </div>
      {menuMissing && (
        <p role="alert" className="bg-bad-wash px-4 py-1.5 text-center text-sm">
          The menu could not be loaded: the server did not send it. Press Display to try again.
        </p>
      )}
      {status?.anonymous === true && (
        <p className="bg-warn-wash px-4 py-1.5 text-center text-sm">
          Anybody who reaches this address may change things (ALLOW_ANONYMOUS).
        </p>
      )}
    </header>
  );
}

/** Nobody must take one place for another. */
function EnvironmentBadge({ name }: { readonly name: string | null }) {
  if (name === null) return null;
  const production = /prod/i.test(name);
  return (
    <span
      className={`max-w-52 truncate rounded-md px-2 py-0.5 text-xs font-bold tracking-wide uppercase print:border print:bg-transparent ${production ? 'bg-ink text-canvas print:bg-canvas print:text-ink' : 'bg-raised text-ink'}`}
    >
      {name}
    </span>
  );
}
