import type { Status } from '../../../server/api/status.ts';
import { causeWords, patternWords } from './cause-words.ts';
import { isOutdated } from './connection.ts';
import { count, number } from './count.ts';
import { dated } from './moment.ts';
import { outcomesOf } from './progress.ts';
import { type VerdictInput, verdictOf } from './verdict.ts';
import { OUTCOME_WORDS, RESULT_WORDS } from './words.ts';

const MOST_CAUSES = 5;

/**
 * What is going on, for those who are not looking at the console: Markdown, all times in UTC and with their day, for it
 * is read later and elsewhere.
 *
 * @param origin where this console is, so that every line leads to what it says
 */
export function channelSummary(input: VerdictInput, origin: string): string {
  const { status, connection } = input;
  const { headline, detail } = verdictOf({ ...input, zone: 'utc' });
  const environment = status?.environment ?? null;
  const place = environment === null ? '' : ` (${line(environment)})`;
  const lines = [`**Orphan Sweeper${place}: ${line(headline)}**`];
  if (detail !== null) lines.push(line(detail));
  if (status === null) return [...lines, `${origin}/`].join('\n');
  lines.push(
    countsOf(status),
    ...oldestOf(status, origin),
    ...causesOf(status, origin),
    ...lastSweepOf(status, origin),
  );
  const late = isOutdated(connection) ? ', and the server has not answered since' : '';
  lines.push(`As of ${dated(status.now)}${late} · ${origin}/`);
  return lines.join('\n');
}

function countsOf({ counts }: Status): string {
  if (counts === null) return 'How many orphans there are is not known.';
  const { open, stuck, retrying, waiting, sweeping, held } = counts;
  const parts = [
    [stuck, 'stuck'],
    [retrying, 'retrying'],
    [waiting, 'waiting'],
    [sweeping, 'being swept'],
    [held, 'held'],
  ] as const;
  const some = parts.filter(([many]) => many > 0).map(([many, what]) => `${number(many)} ${what}`);
  return `${count(open, 'open orphan')}${some.length === 0 ? '' : `: ${some.join(', ')}`}.`;
}

function oldestOf({ oldest }: Status, origin: string): string[] {
  if (oldest === null) return [];
  const { workspaceId, workspaceName, orphanedAt } = oldest;
  const address = `${origin}/orphans/${encodeURIComponent(workspaceId)}`;
  return [`Oldest: ${code(workspaceName ?? workspaceId)}, removed at or before ${dated(orphanedAt)} · ${address}`];
}

function causesOf({ causes, backend: { kind } }: Status, origin: string): string[] {
  if (causes === null || causes.length === 0) return [];
  const shown = causes.slice(0, MOST_CAUSES).map((cause) => {
    const parts = [
      `- ${number(cause.count)} × ${causeWords(cause, kind)}${cause.pattern === null ? '' : `: ${code(patternWords(cause.pattern))}`}`,
      ...(cause.since === null ? [] : [`since ${dated(cause.since)}`]),
      `${origin}/orphans?cause=${encodeURIComponent(cause.key)}`,
    ];
    return parts.join(' · ');
  });
  const more = causes.length - shown.length;
  return ['Why:', ...shown, ...(more > 0 ? [`- and ${count(more, 'more cause')}`] : [])];
}

function lastSweepOf({ sweeper: { lastSweep } }: Status, origin: string): string[] {
  if (lastSweep?.finishedAt == null) return [];
  const outcomes = outcomesOf(lastSweep).map(({ outcome, count: many }) => `${number(many)} ${OUTCOME_WORDS[outcome]}`);
  const did = outcomes.length === 0 ? '' : ` (${outcomes.join(', ')})`;
  return [
    `Last sweep: ${RESULT_WORDS[lastSweep.result]}${did}, ${dated(lastSweep.finishedAt)} · ${origin}/sweeps/${lastSweep.id}`,
  ];
}

/** What others have written must neither call anybody nor begin a line of its own. */
function line(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[@<]/g, '$&\u200b');
}

function code(text: string): string {
  return `\`${line(text).replaceAll('`', "'")}\``;
}
