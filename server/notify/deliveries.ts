import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../db/connect.ts';
import { milliseconds } from '../db/interval.ts';
import { deliveries, notifications } from '../db/schema.ts';
import type { ChannelKind, NotificationEvent, NotificationKind } from '../sweep/outcome.ts';
import type { Details, Notification } from './message.ts';
import { GIVEN_UP_AFTER_MS, pauseMs, type Sent } from './retry.ts';

/** One message for one channel that this process, and no other, sends now. */
export interface Claimed {
  readonly notification: Notification;
  readonly event: NotificationEvent;
  readonly channel: ChannelKind;
  /** This one included. */
  readonly attempts: number;
}

/** Longer than sending takes: whoever dies meanwhile leaves it to the next, who sends it again under the same id. */
const CLAIM_MS = 30_000;
const CLAIMED_AT_ONCE = 10;

/** What is due for a channel, the longest due first. That something is over waits until its beginning has arrived. */
export async function claimDue(home: Database, tenant: string, channel: ChannelKind): Promise<Claimed[]> {
  const { rows } = await home.statement<ClaimedRow>(sql`
    with due as (
      select notification_id, event from ${deliveries} as waiting
      where tenant = ${tenant} and channel = ${channel} and delivered_at is null and given_up_at is null
        and next_attempt_at <= now()
        and (event = 'opened' or exists (
          select 1 from ${deliveries} as before
          where before.notification_id = waiting.notification_id and before.channel = waiting.channel
            and before.event = 'opened' and before.delivered_at is not null))
      order by next_attempt_at limit ${CLAIMED_AT_ONCE} for update skip locked
    )
    update ${deliveries} as claimed
    set attempts = claimed.attempts + 1, next_attempt_at = now() + ${milliseconds(CLAIM_MS)}
    from due join ${notifications} as told on told.id = due.notification_id
    where claimed.notification_id = due.notification_id and claimed.channel = ${channel} and claimed.event = due.event
    returning told.id, told.kind, told.cause, told.summary, told.end_summary, told.details, told.opened_at,
      told.ended_at, claimed.event, claimed.attempts`);
  return rows.map(({ event, attempts, end_summary, opened_at, ended_at, ...of }) => ({
    notification: { ...of, endSummary: end_summary, openedAt: opened_at, endedAt: ended_at },
    event,
    channel,
    attempts,
  }));
}

interface ClaimedRow {
  readonly id: string;
  readonly kind: NotificationKind;
  readonly cause: string;
  readonly summary: string;
  readonly end_summary: string;
  readonly details: Details;
  readonly opened_at: Date;
  readonly ended_at: Date | null;
  readonly event: NotificationEvent;
  readonly attempts: number;
}

/** Writes down what became of it. One that was accepted stays so, whatever comes later. */
export async function note(home: Database, claimed: Claimed, sent: Sent, random: number): Promise<void> {
  const { notification, channel, event, attempts } = claimed;
  const became =
    sent.kind === 'accepted'
      ? sql`delivered_at = now()`
      : sql`error = ${sent.error}, error_at = now(),
          next_attempt_at = now() + ${milliseconds(pauseMs(attempts, sent, random))}`;
  await home.statement(sql`
    update ${deliveries} set ${became}
    where notification_id = ${notification.id} and channel = ${channel} and event = ${event} and delivered_at is null`);
}

export interface GivenUp {
  readonly notificationId: string;
  readonly channel: ChannelKind;
  readonly event: NotificationEvent;
  readonly error: string | null;
}

/** What nobody could be told within a day; also for channels that no replica knows any more. */
export async function giveUp(tx: Transaction, tenant: string): Promise<GivenUp[]> {
  const { rows } = await tx.execute<Record<string, unknown> & GivenUp>(sql`
    update ${deliveries} set given_up_at = now()
    where tenant = ${tenant} and delivered_at is null and given_up_at is null
      and created_at < now() - ${milliseconds(GIVEN_UP_AFTER_MS)}
    returning notification_id as "notificationId", channel, event, error`);
  return rows;
}
