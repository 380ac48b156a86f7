import { Link } from '@tanstack/react-router';

interface NothingListedProps {
  readonly filtered: boolean;
  readonly later: boolean;
  readonly outdated: boolean;
  readonly observedAt: string | null;
}

/** Why no orphan is listed. What nobody has looked at is not none. */
export function NothingListed({ filtered, later, outdated, observedAt }: NothingListedProps) {
  if (observedAt === null) return <p>The platform has not been looked at yet.</p>;
  if (later) return <p>There is nothing left on this page.</p>;
  if (!filtered) return <p>{outdated ? 'None was known then.' : 'There is no open orphan.'}</p>;
  return (
    <p>
      {outdated ? 'None like that was known then.' : 'No orphan is like that.'}{' '}
      <Link to="/orphans" className="link">
        Show all that are open
      </Link>
    </p>
  );
}
