import type { InstanceAnswer } from '../../../server/api/instance.ts';
import { type BackendKind, wordsOf } from '../../../server/sweep/outcome.ts';
import { containerConcluded } from './container-reality.ts';
import { EMPTY_TABLE } from './empty-table.ts';
import type { Tone } from './verdict.ts';

/** What the two sides' words about one instance come to. Never more than was said: not known is neither gone nor leaking. */
export interface Reality {
  /** Null: of the workspace as a whole, where no instance was asked about. */
  readonly instanceId: string | null;
  readonly tone: Tone;
  readonly sentence: string;
}

export type PlatformAnswer = NonNullable<InstanceAnswer['platform']['answer']>;

/** What the platform database says of one instance. */
type Recorded = 'not_known' | 'empty' | 'in_use' | 'shared' | 'leaked' | 'other' | 'live_other' | 'no_row';

/** What the control plane says of it: `other` is a word from which nothing follows. */
type Said = 'not_known' | 'running' | 'ended' | 'no_such' | 'other';

/** One sentence for each instance that was asked about, and one where there is none. */
export function realitiesOf({ platform, instances }: InstanceAnswer, kind: BackendKind | null): readonly Reality[] {
  if (instances.length === 0) return [ofWorkspace(platform.answer, kind)];
  const conclude = kind === 'docker' ? containerConcluded : concluded;
  return instances.map(({ instanceId, state }) => ({ instanceId, ...conclude(platform.answer, instanceId, state) }));
}

function ofWorkspace(answer: PlatformAnswer | null, kind: BackendKind | null): Reality {
  const about = { instanceId: null };
  const notAsked = `No orphan of this workspace is open, so the ${wordsOf(kind).backend} was not asked.`;
  if (answer === null) return { ...about, tone: 'unknown', sentence: `Not known. ${notAsked}` };
  if (answer.tableEmpty) return { ...about, tone: 'unknown', sentence: `${EMPTY_TABLE} ${notAsked}` };
  if (answer.row === null) {
    return { ...about, tone: 'unknown', sentence: `The database has no row of this workspace. ${notAsked}` };
  }
  const { removed, instanceId } = answer.row;
  const state = removed ? 'removed' : 'live';
  if (kind === 'docker') return { ...about, tone: 'ok', sentence: `The database says ${state}. ${notAsked}` };
  if (instanceId === null) {
    const tone = removed ? 'ok' : 'unknown';
    return { ...about, tone, sentence: `The database says ${state} and names no instance. ${notAsked}` };
  }
  return {
    ...about,
    tone: removed ? 'warn' : 'ok',
    sentence: `The database says ${state} and names ${instanceId}${removed ? ', which the next look finds' : ''}. ${notAsked}`,
  };
}

/** Without whose it is. */
export type Conclusion = Omit<Reality, 'instanceId'>;

function concluded(answer: PlatformAnswer | null, instanceId: string, state: string | null): Conclusion {
  const recorded = recordedOf(answer, instanceId);
  const said = saidOf(state);
  const [tone, sentence] = CONCLUSIONS[recorded][said];
  return { tone, sentence: sentence.replace('{word}', () => state ?? '') };
}

function recordedOf(answer: PlatformAnswer | null, instanceId: string): Recorded {
  if (answer === null) return 'not_known';
  const { row, liveRows, tableEmpty } = answer;
  if (tableEmpty) return 'empty';
  if (row !== null && !row.removed && row.instanceId === instanceId) return 'in_use';
  if (liveRows.some((live) => live.instanceId === instanceId)) return 'shared';
  if (row === null) return 'no_row';
  if (!row.removed) return 'live_other';
  return row.instanceId === instanceId ? 'leaked' : 'other';
}

function saidOf(state: string | null): Said {
  if (state === null) return 'not_known';
  if (state === 'terminated') return 'ended';
  if (state === 'not_found') return 'no_such';
  return state === 'running' ? 'running' : 'other';
}

const SAYS = 'the control plane says {word}';
const NOT_SAID = 'Whether it runs is not known';
const NO_SUCH = 'the control plane knows no such instance';
/** It says the same of an id that was written down wrongly, whose instance runs on. */
const NO_PROOF = 'That alone does not prove that it is gone: look for its id in the cloud.';

/** Every pair has its own words: none is left to a rule that was thought of for another. */
const CONCLUSIONS: Readonly<Record<Recorded, Readonly<Record<Said, readonly [tone: Tone, sentence: string]>>>> = {
  leaked: {
    running: ['bad', `The database says removed and ${SAYS}: it is leaking.`],
    ended: ['warn', `The database says removed and ${SAYS}: only its id has to be cleared, which a sweep does.`],
    no_such: ['warn', `The database says removed, and ${NO_SUCH}. ${NO_PROOF}`],
    other: ['warn', `The database says removed and ${SAYS}: that is not an end yet. A sweep stops it.`],
    not_known: ['unknown', `The database says removed. ${NOT_SAID}: the control plane did not say.`],
  },
  other: {
    running: ['bad', `The database says removed and does not name it any more, and ${SAYS}: nobody else remembers it.`],
    ended: ['ok', `The database says removed and does not name it any more, and ${SAYS}: nothing is left to stop.`],
    no_such: ['warn', `The database says removed and does not name it any more, and ${NO_SUCH}. ${NO_PROOF}`],
    other: ['warn', `The database says removed and does not name it any more, and ${SAYS}: that is not an end yet.`],
    not_known: ['unknown', `The database says removed and does not name it any more. ${NOT_SAID}.`],
  },
  no_row: {
    running: ['bad', `The database has no row of this workspace, and ${SAYS}: nobody else remembers it.`],
    ended: ['ok', `The database has no row of this workspace, and ${SAYS}: nothing is left to stop.`],
    no_such: ['warn', `The database has no row of this workspace, and ${NO_SUCH}. ${NO_PROOF}`],
    other: ['warn', `The database has no row of this workspace, and ${SAYS}: that is not an end yet.`],
    not_known: ['unknown', `The database has no row of this workspace. ${NOT_SAID}.`],
  },
  live_other: {
    running: ['bad', `The database says live and does not name it, and ${SAYS}: a person must find out whose it is.`],
    ended: ['ok', `The database says live and does not name it, and ${SAYS}: nothing is left to stop.`],
    no_such: ['warn', `The database says live and does not name it, and ${NO_SUCH}. ${NO_PROOF}`],
    other: ['warn', `The database says live and does not name it, and ${SAYS}: that is not an end yet.`],
    not_known: ['unknown', `The database says live and does not name it. ${NOT_SAID}.`],
  },
  in_use: {
    running: ['ok', `The database says live and names it, and ${SAYS}: it is in use, and not an orphan.`],
    ended: ['bad', `The database says live and names it, but ${SAYS}: a live workspace is without its instance.`],
    no_such: [
      'bad',
      `The database says live and names it, but ${NO_SUCH}: a live workspace may be without its instance.`,
    ],
    other: ['bad', `The database says live and names it, but ${SAYS}: its workspace may be without it.`],
    not_known: ['unknown', `The database says live and names it: it is in use, and not an orphan. ${NOT_SAID}.`],
  },
  shared: {
    running: ['bad', `A live workspace names the same instance, and ${SAYS}: it is in use, and must not be stopped.`],
    ended: ['bad', `A live workspace names the same instance, but ${SAYS}: that workspace is without its instance.`],
    no_such: ['bad', `A live workspace names the same instance, but ${NO_SUCH}: that workspace may be without it.`],
    other: ['bad', `A live workspace names the same instance, but ${SAYS}: that workspace may be without it.`],
    not_known: ['bad', `A live workspace names the same instance, so it must not be stopped. ${NOT_SAID}.`],
  },
  empty: {
    running: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${SAYS}.`],
    ended: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${SAYS}.`],
    no_such: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${NO_SUCH}.`],
    other: ['unknown', `${EMPTY_TABLE} Not known whether it is an orphan; ${SAYS}.`],
    not_known: ['unknown', `${EMPTY_TABLE} Not known: neither side could tell.`],
  },
  not_known: {
    running: ['unknown', `Not known whether it is an orphan: the database did not answer. But ${SAYS}.`],
    ended: ['unknown', `Not known whether its id is still recorded: the database did not answer. But ${SAYS}.`],
    no_such: ['unknown', `Not known whether its id is still recorded: the database did not answer. But ${NO_SUCH}.`],
    other: ['unknown', `Not known whether it is an orphan: the database did not answer. But ${SAYS}.`],
    not_known: ['unknown', 'Not known: neither the database nor the control plane could tell.'],
  },
};
