import type { Orphan } from '../../../server/api/orphans.ts';
import { Since } from '../components/When.tsx';
import { count } from '../lib/count.ts';

/** What dialogs about one workspace say of it. */
export function OfWorkspace({ orphans }: { readonly orphans: readonly Orphan[] }) {
  const oldest = orphans.map(({ orphanedAt }) => orphanedAt).sort()[0];
  return (
    <p>
      {count(orphans.length, 'open orphan')}.
      {oldest !== undefined && (
        <>
          {' '}
          {orphans.length === 1 ? 'Removed at or before:' : 'The oldest:'} <Since time={oldest} />.
        </>
      )}
    </p>
  );
}

export function workspaceOf(orphans: readonly Orphan[]): { readonly workspaceId: string; readonly name: string } {
  const [first] = orphans;
  if (first === undefined) throw new RangeError('a workspace without an orphan is not known here');
  return { workspaceId: first.workspaceId, name: first.workspaceName ?? first.workspaceId };
}
