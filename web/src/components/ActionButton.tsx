import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { runbookUrl } from '../lib/settings.ts';
import type { Action } from '../lib/verdict.ts';
import { SweepButton } from './SweepButton.tsx';

/** What the verdict says to press. */
export function ActionButton({ action, primary }: { readonly action: Action; readonly primary: boolean }) {
  const look = `button w-full sm:w-auto ${primary ? 'button-primary' : ''}`;
  switch (action.kind) {
    case 'reload':
    case 'sign_in':
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
      return <RunbookButton about={action.about} label={action.label} look={look} />;
    case 'sweep':
      return <SweepButton label={action.label} dryRun={action.dryRun} look={look} />;
  }
}

/** Where no runbook is set, the settings are the nearest thing to one: they name what leads where. */
function RunbookButton({
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
  if (href === null) {
    return (
      <Link to="/settings" className={look}>
        Settings
      </Link>
    );
  }
  return (
    <a href={href} target="_blank" rel="noreferrer" className={look}>
      {label} <ExternalLink aria-hidden="true" className="size-4" />
    </a>
  );
}
