import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { apiTokens } from '../db/access-schema.ts';
import type { Database } from '../db/connect.ts';
import { leftMs } from '../db/interval.ts';
import { type Act, record } from '../sweep/audit.ts';
import type { Role } from '../sweep/outcome.ts';
import { hashOf, newToken } from './credential.ts';
import type { Known } from './known.ts';

export const MOST_TOKEN_DAYS = 366;

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly days: number;
}

export type TokenCreated =
  /** `token` is shown once, and kept nowhere. */
  { readonly kind: 'created'; readonly id: string; readonly token: string } | { readonly kind: 'name_taken' };

/** Gives out a token under a name that no other has which is not revoked. */
export async function createToken(
  home: Database,
  tenant: string,
  { name, role, days }: TokenRequest,
  act: Act,
): Promise<TokenCreated> {
  const token = newToken();
  return home.transaction(async (tx) => {
    const [created] = await tx
      .insert(apiTokens)
      .values({
        ...{ tenant, name, role, hash: hashOf(token), createdBy: act.actor ?? '' },
        expiresAt: sql`now() + make_interval(days => ${days})`,
      })
      .onConflictDoNothing()
      .returning({ id: apiTokens.id });
    if (created === undefined) return { kind: 'name_taken' };
    await record(tx, tenant, act, 'create_token', name);
    return { kind: 'created', id: created.id, token };
  });
}

export type TokenRow = Awaited<ReturnType<typeof listTokens>>[number];

/** Those that are not revoked, by name; expired ones too, so that their names can be freed. */
export async function listTokens(home: Database, tenant: string) {
  return home.transaction((tx) =>
    tx
      .select({
        ...{ id: apiTokens.id, name: apiTokens.name, role: apiTokens.role },
        ...{ createdAt: apiTokens.createdAt, createdBy: apiTokens.createdBy },
        ...{ expiresAt: apiTokens.expiresAt, lastUsedAt: apiTokens.lastUsedAt },
        expired: sql<boolean>`${apiTokens.expiresAt} <= now()`,
      })
      .from(apiTokens)
      .where(and(eq(apiTokens.tenant, tenant), isNull(apiTokens.revokedAt)))
      .orderBy(asc(apiTokens.name)),
  );
}

/** @returns the hash of what was revoked; null: there is none of that id, or it was revoked before */
export async function revokeToken(home: Database, tenant: string, id: string, act: Act): Promise<string | null> {
  return home.transaction(async (tx) => {
    const [revoked] = await tx
      .update(apiTokens)
      .set({ revokedAt: sql`now()`, revokedBy: act.actor })
      .where(and(eq(apiTokens.tenant, tenant), eq(apiTokens.id, id), isNull(apiTokens.revokedAt)))
      .returning({ name: apiTokens.name, hash: apiTokens.hash });
    if (revoked === undefined) return null;
    await record(tx, tenant, act, 'revoke_token', revoked.name);
    return revoked.hash;
  });
}

/** Whose token it is, and for how long yet, which may be over; writes down that it was used. Null: nobody's, or revoked. */
export async function readToken(home: Database, tenant: string, hash: string): Promise<Known | null> {
  return home.transaction(async (tx) => {
    const [found] = await tx
      .select({ id: apiTokens.id, name: apiTokens.name, role: apiTokens.role, leftMs: leftMs(apiTokens.expiresAt) })
      .from(apiTokens)
      .where(and(eq(apiTokens.hash, hash), eq(apiTokens.tenant, tenant), isNull(apiTokens.revokedAt)));
    if (found === undefined) return null;
    // Once a minute: it is read far more often, and a minute is all that anybody wants to know.
    await tx
      .update(apiTokens)
      .set({ lastUsedAt: sql`now()` })
      .where(
        and(
          eq(apiTokens.id, found.id),
          sql`${apiTokens.expiresAt} > now()`,
          sql`${apiTokens.lastUsedAt} is null or ${apiTokens.lastUsedAt} < now() - interval '1 minute'`,
        ),
      );
    return { identity: { name: found.name, role: found.role, proof: 'token' }, leftMs: found.leftMs };
  });
}
