import { Menu } from '@base-ui/react/menu';
import { useActor } from '../hooks/useActor.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { SignOut } from './SignOut.tsx';

/** At the end of the Display menu: who is signed in; where nobody has to, the name by which one acts. */
export function WhoYouAre({ look }: { readonly look: string }) {
  const you = useStatus().status?.you ?? null;
  const { actor } = useActor();
  const { open } = useDialog();
  if (you === null) return null;
  if (you.proof === 'open') {
    return (
      <div className="border-t border-line pt-1">
        <Menu.Item onClick={() => open({ kind: 'name' })} className={look}>
          <span className="max-w-60 truncate">{actor === null ? 'Your name…' : `Your name: ${actor}…`}</span>
        </Menu.Item>
      </div>
    );
  }
  return (
    <Menu.Group className="border-t border-line py-1">
      <Menu.GroupLabel className="max-w-64 px-3 py-1.5 break-words">
        Signed in as <strong>{you.name}</strong> ({you.role})
      </Menu.GroupLabel>
      {/* Elsewhere a proxy has signed them in, and signs them out. */}
      {you.proof === 'oidc' && <SignOut look={look} />}
    </Menu.Group>
  );
}
