import type { BaseLogger } from 'pino';
import { type Database, DatabaseFailure, type Transaction } from '../db/connect.ts';
import type { Clock } from '../sweep/clock.ts';
import type { BackendKind } from '../sweep/outcome.ts';
import { type Away, createAway } from './away.ts';
import type { Channel } from './channel.ts';
import { type Claimed, claimDue, giveUp, note } from './deliveries.ts';
import { type Message, messageOf, type Notice, type Sender } from './message.ts';
import { forgetOld, settle } from './outbox.ts';
import type { Post } from './post.ts';
import type { Sent } from './retry.ts';
import { createSaying, type Saying } from './saying.ts';
import { lateAfterMs } from './silence.ts';
import { look } from './watch.ts';

/** The home database; `ours`: the tenant is this platform's. */
export interface HomeInReach {
  readonly database: Database;
  readonly ours: boolean;
}

export interface TurnDeps {
  readonly clock: Clock;
  readonly log: BaseLogger;
  readonly channels: readonly Channel[];
  readonly post: Post;
  readonly sender: Sender;
  readonly replica: string;
  readonly intervalMs: number;
  /** What stops instances: people are told of it by its name. */
  readonly kind: BackendKind | null;
  /** Null until it was reached for the first time. */
  readonly home: () => HomeInReach | null;
  /** From [0, 1). */
  readonly random: () => number;
}

/** One look at what people must be told, and one attempt of everything that is due. Must not overlap with itself. */
export function createTurn(deps: TurnDeps, told: AbortSignal): () => Promise<void> {
  const { channels, post, sender, home, random } = deps;
  const say = createSaying(deps.log);
  const send = async (channel: Channel, message: Message): Promise<Sent> => {
    const sent = await post.send(channel, message, told);
    if (!told.aborted) say.sent(channel, sent);
    return sent;
  };
  const away = createAway({ ...deps, send });
  const watching = createWatching(deps, away, say);

  const deliver = async (database: Database, channel: Channel): Promise<void> => {
    const due = await claimDue(database, sender.tenant, channel.kind);
    const one = async (claimed: Claimed): Promise<void> => {
      const sent = await send(channel, messageOf(sender, claimed.notification, claimed.event));
      await note(database, claimed, sent, random());
    };
    await allOf(due.map(one));
  };

  return async () => {
    const reached = home();
    // Nothing of ours belongs into another platform's tenant.
    if (reached?.ours === false) return;
    if (reached === null) return away.endure('it has not answered yet');
    const failure = await watching.watch(reached.database);
    if (failure !== null) return away.endure(failure.message);
    await allOf(channels.map((channel) => deliver(reached.database, channel)));
  };
}

/** Where looks are further apart the process was frozen, and nobody has watched meanwhile. */
const LONGEST_GAP_MS = 60_000;

function createWatching({ clock, channels, sender, intervalMs, kind }: TurnDeps, away: Away, say: Saying) {
  const { tenant } = sender;
  let watched: { readonly sinceMs: number; readonly lastMs: number } | null = null;

  const writeDown = async (tx: Transaction, mayOpen: (notice: Notice) => boolean) => {
    await away.handOver(tx);
    const sight = await look(tx, tenant, { intervalMs, kind });
    const kinds = channels.map(({ kind }) => kind);
    await settle(tx, tenant, { notices: sight.notices, mayOpen, channels: kinds });
    await forgetOld(tx, tenant);
    return { sight, givenUp: await giveUp(tx, tenant) };
  };

  return {
    /** @returns why the home database could not be asked; null: it could */
    async watch(database: Database): Promise<DatabaseFailure | null> {
      const nowMs = clock.monotonicMs();
      const sinceMs = watched !== null && nowMs - watched.lastMs <= LONGEST_GAP_MS ? watched.sinceMs : nowMs;
      // Whoever has just come to an old sign of life does not know whether nobody sweeps, or nobody was there.
      const longEnough = nowMs - sinceMs >= lateAfterMs(intervalMs);
      try {
        const mayOpen = ({ kind }: Notice) => kind !== 'silence' || longEnough;
        const { sight, givenUp } = await database.transaction((tx) => writeDown(tx, mayOpen));
        watched = { sinceMs, lastMs: clock.monotonicMs() };
        away.settled(sight);
        for (const one of givenUp) say.givenUp(one);
        return null;
      } catch (error) {
        if (!(error instanceof DatabaseFailure)) throw error;
        watched = null;
        return error;
      }
    },
  };
}

/** Waits for all of them, and then fails as the first that did: nothing of a turn goes on into the next. */
async function allOf(runs: readonly Promise<void>[]): Promise<void> {
  for (const ended of await Promise.allSettled(runs)) if (ended.status === 'rejected') throw ended.reason;
}
