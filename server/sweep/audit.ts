import type { Transaction } from '../db/connect.ts';
import { audit } from '../db/schema.ts';
import type { AuditAction } from './outcome.ts';

/** Who does something, from where, and why; null: the sweeper itself, or not said. */
export interface Act {
  readonly actor: string | null;
  /** Whether anybody has proved to be the actor. */
  readonly verified: boolean;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly reason: string | null;
}

/** What ends or begins by itself. */
export const BY_ITSELF: Act = { actor: null, verified: false, address: null, requestId: null, reason: null };

/**
 * Writes down what was done, in the transaction that does it: either both are there, or neither.
 *
 * @param target what it was done to: a workspace's or a sweep's id; null: the whole tenant
 * @param refused the code of the refusal; null: it was done
 */
export async function record(
  tx: Transaction,
  tenant: string,
  act: Act,
  action: AuditAction,
  target: string | null,
  refused: string | null = null,
): Promise<void> {
  await tx.insert(audit).values({ tenant, ...act, action, target, refused });
}
