import { Link, useLocation } from '@tanstack/react-router';
import { useVerdict } from '../hooks/useVerdict.ts';
import type { VerdictKind } from '../lib/verdict.ts';
import { TONE_ICONS, TONE_TEXT } from './icons.ts';
import { SignInAgain } from './SignInAgain.tsx';

/** These change what every page means; the others are about orphans, which the pages show by themselves. */
const SAID_EVERYWHERE: ReadonlySet<VerdictKind> = new Set<VerdictKind>([
  'signed_out',
  'refused',
  'not_answering',
  'home_unreadable',
  'disabled',
  'brake',
  'late',
  'platform_failing',
  'not_known',
  'paused',
  'dry_run',
  'control_plane_failing',
]);

/** On the pages that have no verdict of their own: what stands in the way of sweeping, or of believing the page. */
export function VerdictLine() {
  const verdict = useVerdict();
  const { pathname } = useLocation();
  if (pathname === '/' || !SAID_EVERYWHERE.has(verdict.kind)) return null;
  const { primary } = verdict;
  const Icon = TONE_ICONS[verdict.tone];
  return (
    <p data-verdict-line className="mb-4 flex items-baseline gap-2 text-sm font-medium">
      <Icon aria-hidden="true" className={`size-4 shrink-0 self-center ${TONE_TEXT[verdict.tone]}`} />
      <span className="min-w-0 break-words">
        {verdict.headline} ·{' '}
        {primary?.kind === 'sign_in' ? (
          <SignInAgain label={primary.label} look="link cursor-pointer whitespace-nowrap print:hidden" />
        ) : (
          <Link to="/" className="link whitespace-nowrap print:hidden">
            What to do
          </Link>
        )}
      </span>
    </p>
  );
}
