import { ProblemError } from '../api/problem.ts';
import { ConfigError } from '../config.ts';
import { DatabaseFailure } from '../db/connect.ts';
import { EmbeddedError } from '../db/embedded-error.ts';
import { SchemaError } from '../db/migrate.ts';
import { NoMemory } from '../resources.ts';
import type { CommandContext, Given, RunnableCommand } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { printable } from './words.ts';

/**
 * Runs a command. What keeps it from its answer is a sentence on standard error and, where JSON was asked for, a document
 * as well: whoever reads it gets one in any case.
 */
export async function runCommand(command: RunnableCommand, context: CommandContext, given: Given): Promise<ExitCode> {
  const asJson = given.flag('json');
  try {
    return await command.run(
      {
        ...context,
        // Names and messages are other people's words, and a terminal obeys some characters.
        tell: asJson ? context.tell : (line) => context.tell(printable(line)),
        warn: (line) => context.warn(printable(line)),
      },
      given,
    );
  } catch (error) {
    const ending = endingOf(error);
    if (ending === null) throw error;
    const { exit, code, message } = ending;
    context.warn(printable(message));
    if (asJson) context.tell(JSON.stringify({ error: { code, message } }));
    return exit;
  }
}

interface Ending {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
}

/** Null: a mistake of ours. */
function endingOf(error: unknown): Ending | null {
  if (error instanceof ConfigError) return { exit: EXIT.usage, code: error.code, message: error.message };
  if (error instanceof ProblemError) {
    const { code, message } = error;
    return { exit: code === 'platform_unreadable' ? EXIT.away : EXIT.wrong, code, message };
  }
  if (error instanceof DatabaseFailure) {
    return { exit: EXIT.away, code: error.code, message: `The home database cannot be asked: ${error.message}.` };
  }
  const away = error instanceof NoMemory || error instanceof SchemaError || error instanceof EmbeddedError;
  return away ? { exit: EXIT.away, code: error.code, message: error.message } : null;
}
