import { Link } from '@tanstack/react-router';
import { SWEEPS_KEPT } from '../lib/kept.ts';

/** Old ones are deleted, and of those nothing is known: so it may as well be an address that never was. */
export function NoSuchSweep() {
  return (
    <p role="alert" className="rounded-lg bg-bad-wash p-3 text-sm">
      <strong>There is no such sweep.</strong> It is not kept any more, or never was. {SWEEPS_KEPT}{' '}
      <Link to="/sweeps" className="link">
        All sweeps
      </Link>
    </p>
  );
}
