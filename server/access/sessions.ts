import { and, eq, lt, sql } from 'drizzle-orm';
import { sessions } from '../db/access-schema.ts';
import type { Database } from '../db/connect.ts';
import { leftMs, milliseconds } from '../db/interval.ts';
import { type Act, record } from '../sweep/audit.ts';
import type { Role } from '../sweep/outcome.ts';
import { hashOf, newSessionSecret } from './credential.ts';
import type { Known } from './known.ts';

export interface SignedIn {
  readonly name: string;
  readonly role: Role;
}

/** Signs somebody in, and writes it down. @returns what their browser has to show from now on */
export async function beginSession(
  home: Database,
  tenant: string,
  { name, role }: SignedIn,
  lastsMs: number,
  act: Act,
): Promise<string> {
  const secret = newSessionSecret();
  await home.transaction(async (tx) => {
    // Here and not by a clock: sessions are as few as sign-ins.
    await tx.delete(sessions).where(lt(sessions.expiresAt, sql`now()`));
    await tx.insert(sessions).values({
      ...{ hash: hashOf(secret), tenant, name, role },
      expiresAt: sql`now() + ${milliseconds(lastsMs)}`,
    });
    await record(tx, tenant, act, 'sign_in', null);
  });
  return secret;
}

/** Whose session it is, and for how long yet, which may be over; null: nobody's. */
export async function readSession(home: Database, tenant: string, hash: string): Promise<Known | null> {
  const [found] = await home.transaction((tx) =>
    tx
      .select({ name: sessions.name, role: sessions.role, leftMs: leftMs(sessions.expiresAt) })
      .from(sessions)
      .where(and(eq(sessions.hash, hash), eq(sessions.tenant, tenant))),
  );
  if (found === undefined) return null;
  const { name, role } = found;
  return { identity: { name, role, proof: 'oidc' }, leftMs: found.leftMs };
}

/** Ends it; one that has ended already changes nothing. */
export async function endSession(home: Database, tenant: string, hash: string, act: Act): Promise<void> {
  await home.transaction(async (tx) => {
    const ended = await tx
      .delete(sessions)
      .where(and(eq(sessions.hash, hash), eq(sessions.tenant, tenant)))
      .returning({ name: sessions.name });
    if (ended.length > 0) await record(tx, tenant, act, 'sign_out', null);
  });
}
