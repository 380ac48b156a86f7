import { sql } from 'drizzle-orm';
import { foreignKey, index, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { STEP_KINDS } from '../sweep/outcome.ts';
import { at, orphans, sweeper } from './schema.ts';

/**
 * What has to be removed of an orphan that is a container: itself, then the volumes that it had. Written before the first
 * of it is, so that whoever goes on after a crash knows which volumes those were.
 */
export const steps = sweeper.table(
  'steps',
  {
    tenant: text().notNull(),
    orphanId: uuid('orphan_id').notNull(),
    place: integer().notNull(),
    kind: text({ enum: STEP_KINDS }).notNull(),
    /** Of a container its id, of a volume its name. */
    name: text().notNull(),
    /** Of a volume, in the words of its engine: another one under the same name is another volume. */
    createdAt: text('created_at'),
    doneAt: at('done_at'),
  },
  (t) => [
    primaryKey({ name: 'steps_pk', columns: [t.orphanId, t.place] }),
    foreignKey({ name: 'steps_orphan', columns: [t.orphanId], foreignColumns: [orphans.id] }).onDelete('cascade'),
    index('steps_left').on(t.tenant, t.orphanId).where(sql`done_at is null`),
  ],
);
