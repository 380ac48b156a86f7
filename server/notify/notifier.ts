import { randomUUID } from 'node:crypto';
import type { ChannelKind } from '../sweep/outcome.ts';
import type { Channel } from './channel.ts';
import { testMessage } from './message.ts';
import { createTurn, type TurnDeps } from './turn.ts';

/** What became of a test message. */
export interface Tested {
  readonly kind: ChannelKind;
  readonly host: string;
  /** One sentence; null: it was accepted. */
  readonly error: string | null;
}

/** Tells people what needs them, although nobody looks. Runs beside the sweeps, so that it can tell that none do. */
export interface Notifier {
  readonly channels: readonly Pick<Channel, 'kind' | 'host'>[];
  /** Without a channel there is nobody to tell, and nothing is done. */
  start(): void;
  /** What is being sent is given up: another replica, or the next start, sends it. */
  stop(): Promise<void>;
  /** Sends a test message now, to all channels or to this one, and tells what became of it. */
  test(only: ChannelKind | null, told: AbortSignal): Promise<readonly Tested[]>;
}

const EVERY_MS = 5_000;

export function createNotifier(deps: TurnDeps): Notifier {
  const { clock, log, channels, post, sender } = deps;
  const told = new AbortController();
  const turn = createTurn(deps, told.signal);
  let lastError: string | null = null;
  let running: Promise<void> | null = null;

  const turnForEver = async (): Promise<void> => {
    while (!told.signal.aborted) {
      try {
        await turn();
        lastError = null;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        // It comes round every few seconds: said once, until something works again.
        log[message === lastError ? 'debug' : 'error']({ err: error }, 'Notifications could not be looked after');
        lastError = message;
      }
      await clock.delay(EVERY_MS, told.signal);
    }
  };

  return {
    channels,
    start() {
      if (channels.length > 0) running ??= turnForEver();
    },
    async stop() {
      told.abort();
      await running;
      post.close();
    },
    async test(only, closing) {
      const id = randomUUID();
      const asked = channels.filter(({ kind }) => only === null || kind === only);
      return Promise.all(
        asked.map(async (channel) => {
          const message = testMessage(sender, channel.kind, id, new Date());
          const sent = await post.send(channel, message, AbortSignal.any([closing, told.signal]));
          const { kind, host } = channel;
          return { kind, host, error: sent.kind === 'accepted' ? null : sent.error };
        }),
      );
    },
  };
}
