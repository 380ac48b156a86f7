import type { Attempt } from '../../../server/api/attempts.ts';
import type { AuditEntry } from '../../../server/api/audit.ts';
import type { Orphan } from '../../../server/api/orphans.ts';
import { isBeyondKept } from './kept.ts';
import { named } from './named.ts';
import { WORKSPACE_ACT_WORDS } from './words.ts';

/** Something that happened to the orphans of one workspace. */
export type Happening =
  | { readonly kind: 'removed' | 'found' | 'resolved' | 'look'; readonly orphan: Orphan }
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  /** `words`: what was done. */
  | { readonly kind: 'act'; readonly act: AuditEntry; readonly words: string }
  /** A hold of which the audit could not be read, or is not kept any more. */
  | { readonly kind: 'hold'; readonly hold: NonNullable<Orphan['hold']> }
  /** Here older attempts are missing, which can be asked for. */
  | { readonly kind: 'gap' }
  /** Here older attempts are missing, which are not kept any more. */
  | { readonly kind: 'not_kept' };

export type Happened = Happening & {
  readonly id: string;
  /** ISO 8601 in UTC; null: when is not kept. */
  readonly at: string | null;
};

interface Known {
  readonly orphans: readonly Orphan[];
  /** Newest first, without a gap. */
  readonly attempts: readonly Attempt[];
  /** There are older attempts. */
  readonly more: boolean;
  /** What people did to the workspace; null: not known. */
  readonly acts: readonly AuditEntry[] | null;
  /** The server's clock. */
  readonly nowMs: number;
}

/** Of those of one moment, what came of the others is the newer. */
const RANK: Readonly<Record<Happening['kind'], number>> = {
  removed: 0,
  found: 1,
  hold: 2,
  act: 2,
  gap: 3,
  not_kept: 3,
  attempt: 4,
  resolved: 5,
  look: 6,
};

/** Everything that is known to have happened, newest first. */
export function timelineOf({ orphans, attempts, more, acts, nowMs }: Known): readonly Happened[] {
  const oldest = attempts.at(-1);
  const placed: readonly Placed[] = [
    ...orphans.flatMap(ofOrphan),
    ...attempts.map((attempt) => placedAt(attempt.startedAt, `attempt ${attempt.id}`, { kind: 'attempt', attempt })),
    ...(more && oldest !== undefined ? [placedAt(oldest.startedAt, 'gap', { kind: 'gap' })] : []),
    ...(more ? [] : notKept(orphans, attempts, nowMs)),
    ...holdsAndActs(orphans, acts),
  ];
  return placed
    .toSorted((a, b) => b.order - a.order || RANK[b.happened.kind] - RANK[a.happened.kind])
    .map(({ happened }) => happened);
}

interface Placed {
  readonly happened: Happened;
  /** Where it stands, in milliseconds. */
  readonly order: number;
}

function placedAt(at: string, id: string, happening: Happening): Placed {
  return { happened: { ...happening, id, at }, order: Date.parse(at) };
}

/** An orphan counts its attempts for good. The two answers differ in age, so only an old orphan proves anything. */
function notKept(orphans: readonly Orphan[], attempts: readonly Attempt[], nowMs: number): Placed[] {
  const [old] = orphans.filter(({ firstSeenAt }) => isBeyondKept(firstSeenAt, nowMs));
  const made = orphans.reduce((sum, orphan) => sum + orphan.attempts, 0);
  const kept = attempts.filter(({ outcome }) => outcome !== 'would_stop').length;
  if (old === undefined || kept >= made) return [];
  return [placedAt(attempts.at(-1)?.startedAt ?? old.firstSeenAt, 'not kept', { kind: 'not_kept' })];
}

function ofOrphan(orphan: Orphan): Placed[] {
  const { instanceId, orphanedAt, firstSeenAt, resolvedAt, secondLook, lastAttemptAt } = orphan;
  const id = `${instanceId} ${firstSeenAt}`;
  const placed = [
    placedAt(orphanedAt, `removed ${id}`, { kind: 'removed', orphan }),
    placedAt(firstSeenAt, `found ${id}`, { kind: 'found', orphan }),
  ];
  if (resolvedAt !== null) placed.push(placedAt(resolvedAt, `resolved ${id}`, { kind: 'resolved', orphan }));
  if (secondLook !== null) {
    // What it found is kept, and when is not: it came after the Stop.
    const after = resolvedAt ?? lastAttemptAt ?? firstSeenAt;
    placed.push({
      happened: { kind: 'look', orphan, id: `look ${id}`, at: secondLook.dueAt },
      order: Date.parse(secondLook.dueAt ?? after),
    });
  }
  return placed;
}

function holdsAndActs(orphans: readonly Orphan[], acts: Known['acts']): Placed[] {
  const done = (acts ?? []).filter(({ refused }) => refused === null);
  const hold = orphans.find((orphan) => orphan.hold !== null)?.hold ?? null;
  const told = hold === null || done.some(({ action, at }) => action === 'hold' && at >= hold.since);
  return [
    ...done.flatMap((act) => {
      const words = wordsOf(act.action);
      return words === null ? [] : [placedAt(act.at, `act ${act.id}`, { kind: 'act', act, words })];
    }),
    ...(told ? [] : [placedAt(hold.since, 'hold', { kind: 'hold', hold })]),
  ];
}

/** Null: it is nothing that is done to a workspace. */
function wordsOf(action: AuditEntry['action']): string | null {
  const words: Partial<Record<AuditEntry['action'], string>> = WORKSPACE_ACT_WORDS;
  return words[action] ?? null;
}

/** Pages of attempts that were read at different times, as one list without doubles, newest first. What came last is right. */
export function joinedAttempts(newest: readonly Attempt[], older: readonly Attempt[]): readonly Attempt[] {
  const known = new Set(newest.map(({ id }) => id));
  return [...newest, ...older.filter(({ id }) => !known.has(id))];
}

/** Who or what made an attempt's sweep run, where that was a person. Null: nobody. */
export function askedBy({ trigger, requestedBy, requestVerified, reason }: Attempt): string | null {
  if (trigger !== 'manual') return null;
  const who = requestedBy === null ? 'no name given' : named(requestedBy, requestVerified);
  return reason === null ? who : `${who}: ${reason}`;
}
