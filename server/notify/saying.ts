import type { BaseLogger } from 'pino';
import type { ChannelKind } from '../sweep/outcome.ts';
import type { Channel } from './channel.ts';
import type { GivenUp } from './deliveries.ts';
import { GIVEN_UP_AFTER_MS, type Sent } from './retry.ts';

/** What the log is told of messages; never what they were sent to, but for its host. */
export interface Saying {
  /** Of a channel that fails it is said once, until it works again. */
  sent(channel: Channel, sent: Sent): void;
  givenUp(one: GivenUp): void;
}

export function createSaying(log: BaseLogger): Saying {
  const failing = new Set<ChannelKind>();
  return {
    sent({ kind, host }, sent) {
      if (sent.kind === 'accepted') {
        if (failing.delete(kind)) log.info({ channel: kind, host }, 'Messages arrive again');
        return;
      }
      const level = failing.has(kind) ? 'debug' : 'warn';
      failing.add(kind);
      log[level]({ channel: kind, host, error: sent.error }, 'A message could not be sent; it is tried again');
    },
    givenUp(one) {
      log.error({ ...one }, `A message was given up: nobody took it for ${GIVEN_UP_AFTER_MS / 3_600_000} h`);
    },
  };
}
