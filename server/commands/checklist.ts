import { DatabaseFailure } from '../db/connect.ts';
import type { BackendKind } from '../sweep/outcome.ts';
import { PlatformFault } from '../sweep/platform-fault.ts';

/** What is checked, in this order: the first that is not well is the one to mend first. */
export const CHECK_NAMES = [
  'settings',
  'engine',
  'home',
  'memory',
  'platform',
  'tenant',
  'table',
  'columns',
  'grants',
  'replica',
  'row_security',
  'look',
  'clear',
  'indexes',
  'control_plane',
  'credentials',
  'status_route',
  'instances',
  'now',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

const ONLY_CONTROL_PLANE: readonly CheckName[] = ['control_plane', 'credentials', 'status_route', 'instances'];
const ONLY_DOCKER: readonly CheckName[] = ['engine'];

/** Those of a platform whose instances are stopped in this way. */
export function checksOf(kind: BackendKind): CheckName[] {
  const others = kind === 'docker' ? ONLY_CONTROL_PLANE : ONLY_DOCKER;
  return CHECK_NAMES.filter((name) => !others.includes(name));
}

/** What cannot be asked without the platform's database. */
export const PLATFORM_CHECKS = [
  'tenant',
  'table',
  'columns',
  'grants',
  'replica',
  'row_security',
  'look',
  'clear',
  'indexes',
] as const satisfies readonly CheckName[];

const WORDS: Readonly<Record<CheckName, string>> = {
  settings: 'settings',
  engine: 'Docker Engine',
  home: 'home database',
  memory: 'memory',
  platform: 'platform database',
  tenant: 'tenant',
  table: 'table',
  columns: 'columns',
  grants: 'grants',
  replica: 'replica',
  row_security: 'row security',
  look: 'look for orphans',
  clear: 'clearing an id',
  indexes: 'indexes',
  control_plane: 'control plane',
  credentials: 'credentials',
  status_route: 'status route',
  instances: 'its instances',
  now: 'now',
};

/** `unknown`: could not be asked, or the answer tells nothing. `note`: to be known, and no fault. */
export type CheckState = 'ok' | 'not' | 'unknown' | 'note';

/** What mends it. */
export interface Mend {
  readonly kind: 'sql' | 'setting';
  /** To be copied. */
  readonly text: string;
}

export interface Finding {
  readonly state: CheckState;
  readonly says: string;
  /** Null: nothing has to be mended, or the sentence says it all. */
  readonly mend: Mend | null;
}

export interface CheckLine extends Finding {
  readonly check: CheckName;
}

export const ok = (says: string): Finding => ({ state: 'ok', says, mend: null });
export const unknown = (says: string): Finding => ({ state: 'unknown', says, mend: null });
export const note = (says: string, mend: Mend | null = null): Finding => ({ state: 'note', says, mend });
export const not = (says: string, mend: Mend | null = null): Finding => ({ state: 'not', says, mend });
export const sqlThat = (text: string): Mend => ({ kind: 'sql', text });
export const setting = (text: string): Mend => ({ kind: 'setting', text });

type Answer = Finding | readonly Finding[];

export interface Checklist {
  readonly lines: readonly CheckLine[];
  /**
   * Asks, unless one of those that come first is not well: then that is said instead. A database that fails meanwhile is
   * an answer, too.
   */
  ask(check: CheckName, after: readonly CheckName[], run: () => Answer | Promise<Answer>): Promise<void>;
}

export function createChecklist(): Checklist {
  const lines: CheckLine[] = [];
  /** What could not be asked keeps from asking what comes after it; an answer that tells nothing does not. */
  const skipped = new Set<CheckName>();
  const isWell = (name: CheckName): boolean =>
    !skipped.has(name) && !lines.some(({ check, state }) => check === name && state === 'not');

  return {
    lines,
    async ask(check, after, run) {
      const first = after.find((name) => !isWell(name));
      if (first !== undefined) {
        skipped.add(check);
        lines.push({ check, ...unknown(`not asked: mend ${WORDS[first]} first`) });
        return;
      }
      for (const finding of [await answerOf(run)].flat()) lines.push({ check, ...finding });
    },
  };
}

async function answerOf(run: () => Answer | Promise<Answer>): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PlatformFault || error instanceof DatabaseFailure) return not(error.message);
    throw error;
  }
}

const MARKS: Readonly<Record<CheckState, string>> = { ok: 'ok', not: 'NOT', unknown: '?', note: 'note' };

export function renderLine({ check, state, says, mend }: CheckLine): string {
  const how = mend === null ? '' : ` ${mend.kind === 'sql' ? 'Run:' : 'Set:'} ${mend.text}`;
  return `${MARKS[state].padEnd(4)}  ${WORDS[check]}: ${says}${how === '' ? '' : `.${how}`}`;
}
