import { Since } from '../components/When.tsx';
import { useStatus } from '../hooks/useStatus.ts';
import { count } from '../lib/count.ts';

/** How many, and how old. */
export function AtStake() {
  const { status } = useStatus();
  const open = status?.counts?.open ?? null;
  return (
    <p>
      {open === null ? 'How many orphans there are is not known.' : `${count(open, 'open orphan')}.`}
      {status?.oldest != null && (
        <>
          {' '}
          The oldest: <Since time={status.oldest.orphanedAt} />.
        </>
      )}
    </p>
  );
}
