import type { CheckLine, CheckName } from '../../server/commands/checklist.ts';
import type { Environment } from '../../server/environment.ts';
import { typed } from './command.ts';

export interface Checked {
  readonly exit: number;
  readonly lines: readonly CheckLine[];
  /** The lines of one check. */
  of(name: CheckName): CheckLine;
  /** Those that say NOT, in order. */
  readonly wrong: readonly CheckName[];
}

/** `check --json` under these settings. */
export async function checked(env: Environment): Promise<Checked> {
  const { exit, out } = await typed(['check', '--json'], env);
  const { lines }: { lines: CheckLine[] } = JSON.parse(out.join('\n'));
  return {
    exit,
    lines,
    of(name) {
      const found = lines.filter(({ check }) => check === name);
      if (found[0] === undefined) throw new Error(`no line about ${name}`);
      return found.find(({ state }) => state === 'not') ?? found[0];
    },
    wrong: [...new Set(lines.filter(({ state }) => state === 'not').map(({ check }) => check))],
  };
}
