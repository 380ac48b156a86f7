import { Link } from '@tanstack/react-router';
import type { Orphan } from '../../../server/api/orphans.ts';
import { number } from '../lib/count.ts';
import { STATE_WORDS } from '../lib/words.ts';
import { Id } from './Id.tsx';
import { STATE_MARKS } from './icons.ts';
import { Since, When } from './When.tsx';
import { Word } from './Word.tsx';

/** Orphans as rows, each with the sentence that says why it is still here. */
export function OrphanTable({ orphans, caption }: { readonly orphans: readonly Orphan[]; readonly caption: string }) {
  return (
    <div className="overflow-x-auto">
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead className="border-b border-line text-xs text-soft">
          <tr>
            <Heading>Workspace</Heading>
            <Heading>Instance</Heading>
            <Heading>State</Heading>
            <Heading>Removed at or before</Heading>
            <Heading right>Attempts</Heading>
            <Heading>Why it is still here</Heading>
            <Heading>Next attempt</Heading>
          </tr>
        </thead>
        <tbody>
          {orphans.map((orphan) => (
            <Row key={`${orphan.workspaceId} ${orphan.instanceId} ${orphan.firstSeenAt}`} orphan={orphan} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading({ children, right = false }: { readonly children: string; readonly right?: boolean }) {
  return (
    <th scope="col" className={`px-3 py-2 font-medium whitespace-nowrap ${right ? 'text-right' : ''}`}>
      {children}
    </th>
  );
}

function Row({ orphan }: { readonly orphan: Orphan }) {
  return (
    <tr className="border-b border-line align-top last:border-b-0">
      <th scope="row" className="max-w-52 px-3 py-2.5 font-semibold">
        <Link to="/orphans/$workspaceId" params={{ workspaceId: orphan.workspaceId }} className="link break-words">
          {orphan.workspaceName ?? orphan.workspaceId}
        </Link>
      </th>
      <td className="px-3 py-2.5">
        <Id id={orphan.instanceId} what="instance id" />
      </td>
      <td className="px-3 py-2.5">
        <Word mark={STATE_MARKS[orphan.state]} word={STATE_WORDS[orphan.state]} />
      </td>
      <td className="px-3 py-2.5">
        <Since time={orphan.orphanedAt} />
      </td>
      <td className="px-3 py-2.5 text-right">{number(orphan.attempts)}</td>
      <td className="min-w-64 px-3 py-2.5 break-words">{orphan.explanation}</td>
      <td className="px-3 py-2.5">{orphan.nextAttemptAt === null ? '–' : <When time={orphan.nextAttemptAt} />}</td>
    </tr>
  );
}
