import { EMPTY_TABLE } from './empty-table.ts';
import type { Conclusion, PlatformAnswer } from './reality.ts';
import type { Tone } from './verdict.ts';

/** What the platform database says of the workspace of a container: no row names one. */
type Recorded = 'not_known' | 'empty' | 'removed' | 'no_row' | 'live' | 'shared';

/** What the Docker Engine says of it: `there` is a word for a container that does not run. */
type Said = 'not_known' | 'running' | 'there' | 'gone';

/** What the two sides' words about one container come to. */
export function containerConcluded(
  answer: PlatformAnswer | null,
  containerId: string,
  state: string | null,
): Conclusion {
  const [tone, sentence] = CONCLUSIONS[recordedOf(answer, containerId)][saidOf(state)];
  return { tone, sentence: sentence.replace('{word}', () => state ?? '') };
}

function recordedOf(answer: PlatformAnswer | null, containerId: string): Recorded {
  if (answer === null) return 'not_known';
  const { row, liveRows, tableEmpty } = answer;
  if (tableEmpty) return 'empty';
  if (row !== null && !row.removed) return 'live';
  if (liveRows.some(({ instanceId }) => instanceId === containerId)) return 'shared';
  return row === null ? 'no_row' : 'removed';
}

function saidOf(state: string | null): Said {
  if (state === null) return 'not_known';
  if (state === 'not_found' || state === 'terminated') return 'gone';
  return state === 'running' ? 'running' : 'there';
}

const SAYS = 'the Docker Engine says {word}';
const NOT_SAID = 'Whether it runs is not known';
const GONE = 'the Docker Engine knows no such container';
/** The container goes first, and a volume may be in use elsewhere. */
const VOLUMES = 'If it stays listed, a volume of it is left.';
const UNKNOWN = 'Not known whether it is an orphan: the database did not answer.';

const CONCLUSIONS: Readonly<Record<Recorded, Readonly<Record<Said, readonly [tone: Tone, sentence: string]>>>> = {
  removed: {
    running: ['bad', `The database says removed and ${SAYS}: it is leaking.`],
    there: ['warn', `The database says removed and ${SAYS}: it is still there. A sweep removes it.`],
    gone: ['warn', `The database says removed, and ${GONE}. ${VOLUMES}`],
    not_known: ['unknown', `The database says removed. ${NOT_SAID}: the Docker Engine did not say.`],
  },
  no_row: {
    running: ['bad', `The database has no row of this workspace, and ${SAYS}: nobody else remembers it.`],
    there: ['warn', `The database has no row of this workspace, and ${SAYS}: it is still there.`],
    gone: ['warn', `The database has no row of this workspace, and ${GONE}. ${VOLUMES}`],
    not_known: ['unknown', `The database has no row of this workspace. ${NOT_SAID}.`],
  },
  live: {
    running: ['ok', `The database says live, and ${SAYS}: it is in use, and not an orphan.`],
    there: ['bad', `The database says live, but ${SAYS}: its workspace may be without it.`],
    gone: ['warn', `The database says live, but ${GONE}: its workspace has another one by now, or none.`],
    not_known: ['unknown', `The database says live: it is in use, and not an orphan. ${NOT_SAID}.`],
  },
  shared: {
    running: ['bad', `Its name fits a live workspace, too, and ${SAYS}: it may be in use, and must not be stopped.`],
    there: ['bad', `Its name fits a live workspace, too, and ${SAYS}: it must not be stopped.`],
    gone: ['bad', `Its name fits a live workspace, too, but ${GONE}: that workspace may be without it.`],
    not_known: ['bad', `Its name fits a live workspace, too, so it must not be stopped. ${NOT_SAID}.`],
  },
  empty: {
    running: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${SAYS}.`],
    there: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${SAYS}.`],
    gone: ['unknown', `${EMPTY_TABLE} Not known whether it was an orphan; ${GONE}.`],
    not_known: ['unknown', `${EMPTY_TABLE} Not known: neither side could tell.`],
  },
  not_known: {
    running: ['unknown', `${UNKNOWN} But ${SAYS}.`],
    there: ['unknown', `${UNKNOWN} But ${SAYS}.`],
    gone: ['unknown', `${UNKNOWN} But ${GONE}.`],
    not_known: ['unknown', 'Not known: neither the database nor the Docker Engine could tell.'],
  },
};
