import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { deliveries, notifications } from '../db/schema.ts';
import type { PageRequest } from '../sweep/orphan-list.ts';
import type { ChannelKind } from '../sweep/outcome.ts';
import { afterCursor, keysOf, type Order, orderBy, pageOf } from '../sweep/page.ts';

const NEWEST: Order = {
  name: 'newest_notification',
  keys: [
    { expression: sql`${notifications.openedAt}`, type: 'timestamptz' },
    { expression: sql`${notifications.id}`, type: 'uuid' },
  ],
  descending: true,
};

const columns = {
  id: notifications.id,
  kind: notifications.kind,
  cause: notifications.cause,
  openedAt: notifications.openedAt,
  endedAt: notifications.endedAt,
  summary: notifications.summary,
};

/** What people were told, or are to be, newest first, with what became of each message. */
export async function listNotifications(home: Database, tenant: string, { cursor, limit }: PageRequest) {
  return home.transaction(async (tx) => {
    const rows = await tx
      .select({ ...columns, keys: keysOf(NEWEST) })
      .from(notifications)
      .where(and(eq(notifications.tenant, tenant), cursor === undefined ? undefined : afterCursor(NEWEST, cursor)))
      .orderBy(...orderBy(NEWEST))
      .limit(limit + 1);
    const { page, nextCursor } = pageOf(NEWEST, rows, limit);
    const sent = await deliveriesOf(
      tx,
      page.map(({ id }) => id),
    );
    const items = page.map(({ keys: _, ...row }) => ({
      ...row,
      deliveries: sent.filter((one) => one.notificationId === row.id),
    }));
    return { items, nextCursor };
  });
}

async function deliveriesOf(tx: Transaction, ids: readonly string[]) {
  return tx
    .select({
      notificationId: deliveries.notificationId,
      channel: deliveries.channel,
      event: deliveries.event,
      attempts: deliveries.attempts,
      nextAttemptAt: deliveries.nextAttemptAt,
      deliveredAt: deliveries.deliveredAt,
      givenUpAt: deliveries.givenUpAt,
      error: deliveries.error,
      errorAt: deliveries.errorAt,
    })
    .from(deliveries)
    .where(inArray(deliveries.notificationId, [...ids]))
    .orderBy(deliveries.createdAt, deliveries.channel);
}

/** How it goes with one channel. */
export interface ChannelState {
  /** Messages that are still to be sent. */
  readonly waiting: number;
  readonly deliveredAt: Date | null;
  /** Of the last attempt that failed, whatever came after it. */
  readonly error: string | null;
  readonly errorAt: Date | null;
}

export async function readChannel(home: Database, tenant: string, channel: ChannelKind): Promise<ChannelState> {
  const own = sql`tenant = ${tenant} and channel = ${channel}`;
  const { rows } = await home.statement<ChannelState & Record<string, unknown>>(sql`
    select
      (select count(*)::int from ${deliveries} where ${own} and delivered_at is null and given_up_at is null) as waiting,
      (select max(delivered_at) from ${deliveries} where ${own} and delivered_at is not null) as "deliveredAt",
      failed.error, failed.error_at as "errorAt"
    from (values (1)) as one left join lateral (
      select error, error_at from ${deliveries} where ${own} and error_at is not null order by error_at desc limit 1
    ) as failed on true`);
  const [state] = rows;
  if (state === undefined) throw new TypeError('such a statement answers with a row');
  return state;
}
