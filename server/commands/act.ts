import { randomUUID } from 'node:crypto';
import { isActor, isReason } from '../api/act.ts';
import { ProblemError } from '../api/problem.ts';
import { type Act, record } from '../sweep/audit.ts';
import type { AuditAction } from '../sweep/outcome.ts';
import type { CommandContext, Given, Option } from './command.ts';
import { UsageError } from './command-line.ts';
import type { CommandDeps } from './home.ts';

export const ACTOR_OPTION: Option = { takes: 'NAME', meaning: 'who does it; the name of the user unless told' };

/**
 * Who does this, and why. There is no address; so that nobody takes it for what happens by itself, or for a person at the
 * console, the name says where it was typed.
 *
 * @throws UsageError
 */
export function actOf({ userName }: Pick<CommandContext, 'userName'>, given: Given): Act {
  const actor = given.text('actor') ?? userName;
  const reason = given.text('reason');
  if (actor === null) throw new UsageError('--actor is missing: the system has no name for the user who runs this.');
  if (!isActor(actor)) throw new UsageError('--actor must be 1 to 80 characters in one line, and not blank.');
  if (reason !== null && !isReason(reason)) {
    throw new UsageError('--reason must be 1 to 500 characters in one line, and not blank.');
  }
  return { actor: `${actor} (command line)`, verified: false, address: null, requestId: randomUUID(), reason };
}

/** As at the API: whoever was refused, and with which code, is found later. */
export async function orRefused<Answer>(
  { home: { database, sweeper }, config }: CommandDeps,
  act: Act,
  action: AuditAction,
  run: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    // Nothing of ours belongs into another platform's tenant.
    if (error instanceof ProblemError && sweeper.refusal() === null) {
      await database.transaction((tx) => record(tx, config.tenant, act, action, null, error.code));
    }
    throw error;
  }
}
