import type { NotifyConfig } from '../config.ts';
import type { ChannelKind } from '../sweep/outcome.ts';
import type { Message } from './message.ts';
import { pagerDutyRequests } from './pagerduty.ts';
import { slackRequest } from './slack.ts';
import { webhookRequest } from './webhook.ts';

/** One POST of JSON. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where messages go. */
export interface Channel {
  readonly kind: ChannelKind;
  /** All of its address that anybody is shown: the rest may be a credential. */
  readonly host: string;
  /** What nobody may be shown, though the other side says it back. */
  readonly secrets: readonly string[];
  /** What is to be sent, in this order; pure. */
  write(message: Message, sentAt: Date): readonly Outgoing[];
}

/** The channels that are configured. */
export function createChannels({ webhook, slack, pagerduty }: NotifyConfig): readonly Channel[] {
  const channels: Channel[] = [];
  if (webhook !== null) {
    const write: Channel['write'] = (message, sentAt) => [webhookRequest(webhook, message, sentAt)];
    channels.push({ kind: 'webhook', write, ...addressOf(webhook.url, webhook.secret) });
  }
  if (slack !== null) {
    const write: Channel['write'] = (message) => [slackRequest(slack.url, message)];
    channels.push({ kind: 'slack', write, ...addressOf(slack.url) });
  }
  if (pagerduty !== null) {
    const write: Channel['write'] = (message) => pagerDutyRequests(pagerduty, message);
    channels.push({ kind: 'pagerduty', write, host: new URL(pagerduty.url).host, secrets: [pagerduty.key] });
  }
  return channels;
}

/** Shorter ones are words of every path, and would be masked in every sentence. */
const FEWEST_OF_A_SECRET = 8;

/** Of a URL that is a credential every part may be the one: the path as a whole, and each piece of it and of the query. */
function addressOf(url: string, ...others: readonly string[]): Pick<Channel, 'host' | 'secrets'> {
  const { host, pathname, search } = new URL(url);
  const pieces = [pathname, ...`${pathname}${search}`.split(/[/?&=]/)];
  const long = pieces.filter((piece) => piece.length >= FEWEST_OF_A_SECRET);
  return { host, secrets: [...new Set([...long, ...others])] };
}
