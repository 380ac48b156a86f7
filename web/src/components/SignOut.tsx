import { Menu } from '@base-ui/react/menu';
import { useState } from 'react';
import { signOut } from '../api.ts';

type Stage = 'ready' | 'asking' | 'failed';

const WORDS: Readonly<Record<Stage, string>> = {
  ready: 'Sign out',
  asking: 'Signing out…',
  failed: 'You are still signed in: try again',
};

/** Ends the session. Then the page is loaded again: nothing of what was shown stays to be read. */
export function SignOut({ look }: { readonly look: string }) {
  const [stage, setStage] = useState<Stage>('ready');
  const press = async (): Promise<void> => {
    setStage('asking');
    try {
      await signOut();
      window.location.reload();
    } catch {
      // The server is away: the session goes on, and the menu says so.
      setStage('failed');
    }
  };
  return (
    <Menu.Item closeOnClick={false} onClick={() => stage !== 'asking' && void press()} className={look}>
      {WORDS[stage]}
    </Menu.Item>
  );
}
