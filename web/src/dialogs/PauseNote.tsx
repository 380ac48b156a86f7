import { At } from '../components/When.tsx';
import { useStatus } from '../hooks/useStatus.ts';
import { named } from '../lib/named.ts';

/** That sweeping is paused, where that matters for what is asked. */
export function PauseNote({ meanwhile }: { readonly meanwhile: string }) {
  const pause = useStatus().status?.pause ?? null;
  if (pause === null) return null;
  return (
    <p className="rounded-lg bg-warn-wash p-3 break-words">
      <strong>Paused by {named(pause.actor, pause.verified)}</strong> until <At time={pause.until} />: {pause.reason}.{' '}
      {meanwhile}
    </p>
  );
}
