import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useDialog } from '../hooks/useDialog.ts';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { neededFor } from '../lib/may.ts';
import { runbookUrl } from '../lib/settings.ts';
import type { Action } from '../lib/verdict.ts';
import { ActButton } from './ActButton.tsx';
import { SignInAgain } from './SignInAgain.tsx';
import { SweepButton } from './SweepButton.tsx';

/** What the verdict says to press. */
export function ActionButton({ action, primary }: { readonly action: Action; readonly primary: boolean }) {
  const { open } = useDialog();
  const look = `button w-full sm:w-auto ${primary ? 'button-primary' : ''}`;
  switch (action.kind) {
    case 'sign_in':
      return <SignInAgain label={action.label} look={look} />;
    case 'reload':
      return (
        <button type="button" className={look} onClick={() => window.location.reload()}>
          {action.label}
        </button>
      );
    case 'settings':
      return (
        <Link to="/settings" className={look}>
          {action.label}
        </Link>
      );
    case 'show':
      return (
        <Link to="/orphans" search={action.state === null ? {} : { state: action.state }} className={look}>
          {action.label}
        </Link>
      );
    case 'runbook':
      return <RunbookLink about={action.about} label={action.label} look={look} />;
    case 'resume':
    case 'release':
      return (
        <ActButton needs={neededFor(action)} className={look} onClick={() => open({ kind: action.kind })}>
          {action.label}
        </ActButton>
      );
    case 'sweep':
      return <SweepButton action={action} look={look} />;
  }
}

function RunbookLink({
  about,
  label,
  look,
}: {
  readonly about: string;
  readonly label: string;
  readonly look: string;
}) {
  const { status } = useStatus();
  const href = runbookUrl(useSettings(status), about);
  return href === null ? null : (
    <a href={href} target="_blank" rel="noreferrer" className={look}>
      {label} <ExternalLink aria-hidden="true" className="size-4" />
    </a>
  );
}
