import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { deliveries, notifications } from '../db/schema.ts';
import { type ChannelKind, KEPT_DAYS } from '../sweep/outcome.ts';
import type { Notice } from './message.ts';

/** Stuck ones of a cause that were gone for less are the same still: what flaps must not wake anybody twice. */
const FLAPS_WITHIN_MS = 2 * 60_000;
const DELETED_AT_ONCE = 1_000;

export interface Seen {
  readonly notices: readonly Notice[];
  /** Whether one that was not there yet may begin. */
  readonly mayOpen: (notice: Notice) => boolean;
  /** Those that this process can send to. */
  readonly channels: readonly ChannelKind[];
}

/**
 * Writes down what has begun and what is over, once however many replicas have seen it, and for whom. Everybody goes in
 * the same order, or two would wait for each other.
 */
export async function settle(tx: Transaction, tenant: string, { notices, mayOpen, channels }: Seen): Promise<void> {
  const open = await tx
    .select({ id: notifications.id, kind: notifications.kind, cause: notifications.cause })
    .from(notifications)
    .where(and(eq(notifications.tenant, tenant), isNull(notifications.endedAt)))
    .orderBy(notifications.id);
  const seen = new Set(notices.map(nameOf));
  const gone = open.filter((one) => !seen.has(nameOf(one))).map(({ id }) => id);
  const there = open.filter((one) => seen.has(nameOf(one))).map(({ id }) => id);
  await end(tx, gone);
  await tx.execute(sql`
    update ${notifications} set absent_since = null where id = any (${ids(there)}) and absent_since is not null`);
  const known = new Set(open.map(nameOf));
  const begun = notices.filter((notice) => !known.has(nameOf(notice)) && mayOpen(notice));
  for (const notice of begun.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    await tx
      .insert(notifications)
      .values({ tenant, ...notice })
      .onConflictDoNothing();
  }
  await address(tx, tenant, channels);
}

const nameOf = ({ kind, cause }: Pick<Notice, 'kind' | 'cause'>) => `${kind} ${cause}`;
const ids = (of: readonly string[]): SQL => sql`${sql.param([...of])}::uuid[]`;

async function end(tx: Transaction, gone: readonly string[]): Promise<void> {
  const { rows } = await tx.execute<{ id: string }>(sql`
    with left_behind as (
      update ${notifications} set absent_since = coalesce(absent_since, now()),
        ended_at = case when kind <> 'stuck' or absent_since <= now() - ${milliseconds(FLAPS_WITHIN_MS)}
          then coalesce(absent_since, now()) end
      where id = any (${ids(gone)}) and ended_at is null returning id, ended_at
    )
    select id from left_behind where ended_at is not null`);
  await tellEnd(
    tx,
    rows.map(({ id }) => id),
  );
}

/** To whom the beginning was told, or is still to be: to nobody else. */
export async function tellEnd(tx: Transaction, ended: readonly string[]): Promise<void> {
  await tx.execute(sql`
    insert into ${deliveries} (notification_id, channel, event, tenant)
    select notification_id, channel, 'ended', tenant from ${deliveries}
    where notification_id = any (${ids(ended)}) and event = 'opened' and given_up_at is null
    on conflict do nothing`);
}

/** A channel that comes later is told what is open then. */
async function address(tx: Transaction, tenant: string, channels: readonly ChannelKind[]): Promise<void> {
  await tx.execute(sql`
    insert into ${deliveries} (notification_id, channel, event, tenant)
    select id, channel, 'opened', tenant
    from ${notifications}, unnest(${sql.param([...channels])}::text[]) as channel
    where tenant = ${tenant} and ended_at is null and absent_since is null
    on conflict do nothing`);
}

/** As long as everything else that people did or were told; a small batch at a time. */
export async function forgetOld(tx: Transaction, tenant: string): Promise<void> {
  await tx.execute(sql`
    delete from ${notifications} where id = any (array(
      select id from ${notifications}
      where tenant = ${tenant} and ended_at is not null
        and opened_at < now() - ${sql.raw(`interval '${KEPT_DAYS} days'`)}
      order by opened_at limit ${DELETED_AT_ONCE}))`);
}
