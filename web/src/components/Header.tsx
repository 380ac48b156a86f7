import { Link } from '@tanstack/react-router';
import { useStatus } from '../hooks/useStatus.ts';
import { DisplayButton } from './DisplayButton.tsx';
import { TrustStrip } from './TrustStrip.tsx';

const PAGES = [
  { to: '/', label: 'Now' },
  { to: '/orphans', label: 'Orphans' },
  { to: '/sweeps', label: 'Sweeps' },
  { to: '/settings', label: 'Settings' },
] as const;

export function Header() {
  const { status } = useStatus();
  return (
    <header className="border-b border-line bg-surface">
      <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
        <Link to="/" className="flex items-center gap-2 py-1 font-semibold">
          <img src="/favicon-info.svg" alt="" width="20" height="20" />
          Orphan Sweeper
        </Link>
        {status !== null && <EnvironmentBadge name={status.environment} />}
        <div className="order-last w-full min-w-0 sm:order-none sm:w-auto sm:flex-1">
          <TrustStrip />
        </div>
        <div className="ml-auto">
          <DisplayButton />
        </div>
      </div>
      <nav aria-label="Pages" className="mx-auto flex max-w-7xl gap-1 px-2">
        {PAGES.map(({ to, label }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === '/', includeSearch: false }}
            className="border-b-2 border-transparent px-2 py-2.5 text-sm font-medium text-soft hover:text-ink"
            activeProps={{ className: 'border-b-2 !border-accent px-2 py-2.5 text-sm font-medium !text-ink' }}
          >
            {label}
          </Link>
        ))}
      </nav>
    </header>
  );
}

/** Nobody must take one place for another. */
function EnvironmentBadge({ name }: { readonly name: string | null }) {
  if (name === null) return null;
  const production = /prod/i.test(name);
  return (
    <span
      className={`rounded-md px-2 py-0.5 text-xs font-bold tracking-wide uppercase ${production ? 'bg-bad text-on-accent' : 'bg-raised text-ink'}`}
    >
      {name}
    </span>
  );
}
