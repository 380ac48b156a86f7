import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { useOverview } from './useOverview.ts';

/** The inventory as plain facts: what is leaking, why, and how old this page's own knowledge is. */
export function App() {
  const { overview, error } = useOverview();
  return (
    <main>
      <h1>Orphan Sweeper</h1>
      {error !== null && (
        <p role="alert">
          Server not answering ({error}). {overview !== null && `Data from ${clock(overview.status.now)}.`}
        </p>
      )}
      {overview === null ? error === null && <p>Checking…</p> : <Facts {...overview} />}
    </main>
  );
}

function Facts({ status, orphans }: { status: Status; orphans: { items: Orphan[]; total: number } }) {
  return (
    <>
      <p className="verdict">{verdict(status)}</p>
      {status.home.error !== null && <p role="alert">{status.home.error}</p>}
      {status.platform.error !== null && <p role="alert">{status.platform.error}</p>}
      <p>Platform looked at {status.observedAt === null ? 'never' : clock(status.observedAt)}.</p>
      {orphans.items.length > 0 && (
        <table>
          <caption>
            {orphans.items.length} of {orphans.total} open orphans: instances still recorded on removed workspaces. They
            may still be running, and billing.
          </caption>
          <thead>
            <tr>
              <th scope="col">Workspace</th>
              <th scope="col">Instance</th>
              <th scope="col">State</th>
              <th scope="col">Removed at or before</th>
              <th scope="col">Why it is still here</th>
            </tr>
          </thead>
          <tbody>
            {orphans.items.map((orphan) => (
              <tr key={`${orphan.workspaceId} ${orphan.instanceId}`}>
                <td>{orphan.workspaceName ?? orphan.workspaceId}</td>
                <td>
                  <code>{orphan.instanceId}</code>
                </td>
                <td>{orphan.state}</td>
                <td>{clock(orphan.orphanedAt)}</td>
                <td>{orphan.explanation}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** Unknown is never 0. */
function verdict({ sweeper, counts }: Status): string {
  if (sweeper.state === 'disabled') return `Nothing is being stopped: ${sweeper.reason}`;
  if (counts === null) return 'How many orphans there are is not known';
  if (sweeper.state === 'late') return 'The sweeper has not run for a while. Instances are not being stopped';
  if (sweeper.state === 'dry_run') return `Dry run: ${counts.open} would be stopped`;
  if (counts.stuck > 0) return `${counts.stuck} of ${counts.open} orphans need you`;
  return counts.open === 0 ? '0 orphans' : `${counts.open} orphans, none needs you`;
}

function clock(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;
}
