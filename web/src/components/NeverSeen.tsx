import { Link } from '@tanstack/react-router';
import { useBackendWords } from '../hooks/useBackend.ts';

/** An id that nothing is known of: no failure, and no promise that nothing runs. */
export function NeverSeen({ workspaceId }: { readonly workspaceId: string }) {
  const { anInstance } = useBackendWords();
  return (
    <section aria-label="Never seen" className="card space-y-2 p-4">
      <p className="font-medium">No orphan of this workspace was ever seen.</p>
      <p className="max-w-prose text-sm break-words text-soft">
        Orphans are kept for good, those that were resolved long ago, too. So either nothing of it has leaked so far, or
        the id is another one, or it was seen by another Orphan Sweeper: one with another database or another TENANT.
        Should {anInstance} of <code className="font-mono break-all">{workspaceId}</code> leak, it appears here.
      </p>
      <p>
        <Link to="/orphans" className="link inline-flex min-h-11 items-center text-sm">
          All orphans
        </Link>
      </p>
    </section>
  );
}
