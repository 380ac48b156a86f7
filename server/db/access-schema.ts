import { sql } from 'drizzle-orm';
import { index, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { ROLES } from '../sweep/outcome.ts';
import { at, sweeper } from './schema.ts';

/** Who is signed in, and which scripts may call. Of a credential only its SHA-256 is kept: whoever reads the table cannot use it. */

export const role = sweeper.enum('role', ROLES);

/** A browser that is signed in. */
export const sessions = sweeper.table(
  'sessions',
  {
    hash: text().primaryKey(),
    tenant: text().notNull(),
    name: text().notNull(),
    role: role().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
  },
  (t) => [index('sessions_expired').on(t.expiresAt)],
);

/** A script that may call. Revoked ones stay: what they did is kept under their names. */
export const apiTokens = sweeper.table(
  'api_tokens',
  {
    id: uuid().primaryKey().defaultRandom(),
    tenant: text().notNull(),
    name: text().notNull(),
    role: role().notNull(),
    hash: text().notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    createdBy: text('created_by').notNull(),
    expiresAt: at('expires_at').notNull(),
    /** To the minute. */
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
    revokedBy: text('revoked_by'),
  },
  (t) => [
    uniqueIndex('api_tokens_hash').on(t.hash),
    uniqueIndex('api_tokens_one_name').on(t.tenant, t.name).where(sql`revoked_at is null`),
  ],
);
