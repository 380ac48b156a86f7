import { Link } from '@tanstack/react-router';
import type { Orphan } from '../../../server/api/orphans.ts';
import { type BackendWords, wordsOf } from '../../../server/sweep/outcome.ts';
import { useBackendKind } from '../hooks/useBackend.ts';
import { useVerdict } from '../hooks/useVerdict.ts';
import { number } from '../lib/count.ts';
import { standingWords } from '../lib/standing.ts';
import { STATE_WORDS } from '../lib/words.ts';
import { Id } from './Id.tsx';
import { STATE_MARKS } from './icons.ts';
import type { RowSelection } from './RowSelection.ts';
import { Since, Until } from './When.tsx';
import { Word } from './Word.tsx';

interface OrphanTableProps {
  readonly orphans: readonly Orphan[];
  readonly caption: string;
  readonly selection?: RowSelection | undefined;
}

/** Orphans as rows, each with the sentence that says why it is still here. */
export function OrphanTable({ orphans, caption, selection }: OrphanTableProps) {
  // Once for all rows: it is judged anew each second.
  const kind = useBackendKind();
  const standing = standingWords(useVerdict().kind, kind) !== null;
  const words = wordsOf(kind);
  return (
    <div className="overflow-x-auto">
      <table
        className={`w-full border-collapse text-left text-sm ${selection === undefined ? '[&_tr>*:first-child]:pl-4 [&_tr>*:last-child]:pr-4' : ''}`}
      >
        <caption className="sr-only">{caption}</caption>
        <thead className="border-b border-line text-[0.8125rem] text-soft">
          <tr>
            {selection !== undefined && <td className="w-11 pl-1 print:hidden">{selection.head}</td>}
            <Heading>Workspace</Heading>
            <Heading>{words.instanceLabel}</Heading>
            <Heading>State</Heading>
            <Heading>Removed at or before</Heading>
            <Heading right>Attempts</Heading>
            <Heading>Why it is still here</Heading>
            <Heading>Next attempt</Heading>
          </tr>
        </thead>
        <tbody>
          {orphans.map((orphan) => (
            <Row
              key={`${orphan.workspaceId} ${orphan.instanceId} ${orphan.firstSeenAt}`}
              orphan={orphan}
              selection={selection}
              standing={standing}
              words={words}
            />
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

interface RowProps {
  readonly orphan: Orphan;
  readonly selection: RowSelection | undefined;
  /** Nothing is being stopped, whatever is due. */
  readonly standing: boolean;
  readonly words: BackendWords;
}

function Row({ orphan, selection, standing, words }: RowProps) {
  return (
    <tr data-line className="border-b border-line align-top last:border-b-0 has-checked:bg-info-wash">
      {selection !== undefined && <td className="w-11 pl-1 print:hidden">{selection.boxOf(orphan)}</td>}
      <th scope="row" className="max-w-56 min-w-36 px-3 py-2.5 font-semibold">
        <Link to="/orphans/$workspaceId" params={{ workspaceId: orphan.workspaceId }} className="link break-words">
          {orphan.workspaceName ?? orphan.workspaceId}
        </Link>
      </th>
      <td className="px-3 py-2.5">
        <Id id={orphan.instanceId} what={`${words.instance} id`} />
      </td>
      <td className="px-3 py-2.5">
        <Word mark={STATE_MARKS[orphan.state]} word={STATE_WORDS[orphan.state]} />
      </td>
      <td className="px-3 py-2.5">
        <Since time={orphan.orphanedAt} stacked />
      </td>
      <td className="px-3 py-2.5 text-right">{number(orphan.attempts)}</td>
      <td className="min-w-64 px-3 py-2.5 break-words">{orphan.explanation}</td>
      <td className="px-3 py-2.5">
        <NextAttempt orphan={orphan} standing={standing} />
      </td>
    </tr>
  );
}

function NextAttempt({ orphan: { nextAttemptAt, hold }, standing }: Pick<RowProps, 'orphan' | 'standing'>) {
  if (hold !== null) {
    return (
      <>
        held, ends <Until time={hold.until} stacked />
      </>
    );
  }
  if (nextAttemptAt === null) return 'none';
  // It would be due, and all the same nothing comes.
  return standing ? 'not now' : <Until time={nextAttemptAt} stacked />;
}
