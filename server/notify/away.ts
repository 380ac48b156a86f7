import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { Transaction } from '../db/connect.ts';
import { deliveries, notifications } from '../db/schema.ts';
import type { Clock } from '../sweep/clock.ts';
import type { ChannelKind } from '../sweep/outcome.ts';
import type { Channel } from './channel.ts';
import { type Message, messageOf, type Notification, type Sender } from './message.ts';
import { tellEnd } from './outbox.ts';
import { pauseMs, type Sent } from './retry.ts';
import { lateAfterMs, SILENCE } from './silence.ts';
import type { Sight } from './watch.ts';

export interface AwayOptions {
  readonly clock: Clock;
  readonly sender: Sender;
  readonly channels: readonly Channel[];
  readonly intervalMs: number;
  readonly replica: string;
  readonly send: (channel: Channel, message: Message) => Promise<Sent>;
  readonly random: () => number;
}

/**
 * Silence while the home database is away: nothing can be written down, and no replica can sweep. So this process tells
 * of it from memory, and hands over to the outbox when the database is back. Its id is made from what all replicas knew
 * last, so that whoever is told by several of them can see that it is one.
 */
export interface Away {
  /** It did not answer. Tells of it once that has lasted long enough, and again where nobody took the message. */
  endure(reason: string): Promise<void>;
  /** It is about to answer: what was told from memory becomes a row like every other, in this transaction. */
  handOver(tx: Transaction): Promise<void>;
  /** It has answered, and what was handed over is written down. */
  settled(knew: Omit<Sight, 'notices'>): void;
}

/** No two looks that fail are further apart, unless the process was frozen in between: that time proves nothing. */
const LONGEST_GAP_MS = 60_000;

interface Letter {
  attempts: number;
  nextAtMs: number;
  delivered: boolean;
}

interface Told {
  readonly notification: Notification;
  readonly letters: ReadonlyMap<ChannelKind, Letter>;
}

export function createAway({ clock, sender, channels, intervalMs, replica, send, random }: AwayOptions): Away {
  const startedAt = new Date();
  let sweptAt: string | null = null;
  let excusedUntilMs = Number.NEGATIVE_INFINITY;
  let failing: { readonly sinceMs: number; readonly lastMs: number } | null = null;
  let told: Told | null = null;

  const begin = (reason: string): Told => ({
    notification: {
      id: idOf(sender, sweptAt ?? `${replica} ${startedAt.toISOString()}`),
      kind: 'silence',
      cause: SILENCE,
      openedAt: new Date(),
      endedAt: null,
      summary: `Nobody sweeps as far as ${replica} can see: its home database cannot be asked (${reason.replace(/\.$/, '')}).`,
      endSummary: `The home database answers ${replica} again.`,
      details: { replica, reason },
    },
    letters: new Map(channels.map(({ kind }) => [kind, { attempts: 0, nextAtMs: 0, delivered: false }])),
  });

  const tell = async ({ notification, letters }: Told, channel: Channel): Promise<void> => {
    const letter = letters.get(channel.kind);
    if (letter === undefined || letter.delivered || clock.monotonicMs() < letter.nextAtMs) return;
    letter.attempts += 1;
    const sent = await send(channel, messageOf(sender, notification, 'opened'));
    letter.delivered = sent.kind === 'accepted';
    if (sent.kind === 'failed') letter.nextAtMs = clock.monotonicMs() + pauseMs(letter.attempts, sent, random());
  };

  return {
    async endure(reason) {
      const nowMs = clock.monotonicMs();
      const sinceMs = failing !== null && nowMs - failing.lastMs <= LONGEST_GAP_MS ? failing.sinceMs : nowMs;
      const silent = nowMs - sinceMs >= lateAfterMs(intervalMs) && nowMs >= excusedUntilMs;
      if (silent) told ??= begin(reason);
      const now = told;
      if (now !== null) await Promise.all(channels.map((channel) => tell(now, channel)));
      // Sending takes a while, too.
      failing = { sinceMs, lastMs: clock.monotonicMs() };
    },
    async handOver(tx) {
      if (told !== null && [...told.letters.values()].some(({ attempts }) => attempts > 0)) {
        await adopt(tx, sender.tenant, told);
      }
    },
    settled(knew) {
      told = null;
      failing = null;
      sweptAt = knew.sweptAt;
      excusedUntilMs = clock.monotonicMs() + knew.excusedMs;
    },
  };
}

/** A UUID, the same of the same. */
function idOf({ tenant, environment }: Sender, known: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([SILENCE, environment, tenant, known]))
    .digest('hex');
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * The look that follows finds out whether it is over. Where another replica has told of the same under another id, ours
 * is over at once: that one stands for both.
 */
async function adopt(tx: Transaction, tenant: string, { notification, letters }: Told): Promise<void> {
  const { id, kind, cause, openedAt, summary, endSummary, details } = notification;
  const row = { id, tenant, kind, cause, openedAt, summary, endSummary, details };
  const taken = await tx.insert(notifications).values(row).onConflictDoNothing().returning({ id: notifications.id });
  const overAtOnce =
    taken.length === 0
      ? await tx
          .insert(notifications)
          .values({ ...row, endedAt: sql`now()` })
          .onConflictDoNothing()
          .returning({ id: notifications.id })
      : [];
  for (const [channel, { attempts, delivered }] of letters) {
    await tx.execute(sql`
      insert into ${deliveries} (notification_id, channel, event, tenant, attempts, delivered_at)
      values (${id}, ${channel}, 'opened', ${tenant}, ${attempts}, case when ${delivered} then now() end)
      on conflict (notification_id, channel, event) do update
        set delivered_at = coalesce(deliveries.delivered_at, excluded.delivered_at)`);
  }
  await tellEnd(
    tx,
    overAtOnce.map((one) => one.id),
  );
}
