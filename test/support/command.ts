import { pino } from 'pino';
import { parseCommandLine } from '../../server/commands/command-line.ts';
import { COMMANDS } from '../../server/commands/commands.ts';
import type { ExitCode } from '../../server/commands/exit-code.ts';
import { runCommand } from '../../server/commands/run.ts';
import { parseConfig } from '../../server/config.ts';
import type { Environment } from '../../server/environment.ts';

/** What a command answered, in this process. */
export interface CommandAnswer {
  readonly exit: ExitCode;
  /** Its standard output. */
  readonly out: readonly string[];
  /** Its standard error. */
  readonly err: readonly string[];
}

export interface CommandOptions {
  /** As a signal would. */
  readonly told?: AbortSignal;
  readonly userName?: string | null;
  readonly replica?: string;
}

/** Runs a command as it is typed, under these settings. A mistake of the command line is thrown. */
export async function typed(
  line: readonly string[],
  env: Environment,
  { told, userName = 'tess', replica = 'command-test' }: CommandOptions = {},
): Promise<CommandAnswer> {
  const asked = parseCommandLine(line, COMMANDS);
  if (asked.kind !== 'command') throw new TypeError(`${line.join(' ')} is no command that runs`);
  const out: string[] = [];
  const err: string[] = [];
  const exit = await runCommand(
    asked.command,
    {
      readConfig: () => parseConfig(env, () => ''),
      // Without a folder of data: nothing embedded is ever started from here.
      project: { root: '/nowhere/at/all', version: '0.1.0' },
      replica,
      userName,
      createLog: () => pino({ level: 'silent' }),
      tell: (text) => void out.push(text),
      warn: (text) => void err.push(text),
      told: () => told ?? new AbortController().signal,
    },
    asked.given,
  );
  return { exit, out, err };
}
