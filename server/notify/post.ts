import { isHtml, retryAfterMs } from '../backends/answer.ts';
import { createMessageWriter, type WriteMessage } from '../backends/message.ts';
import { createPeer, type Peer } from '../backends/peer.ts';
import { spokenIn } from '../backends/spoken.ts';
import type { Channel, Outgoing } from './channel.ts';
import type { Message } from './message.ts';
import type { Sent } from './retry.ts';

/** All that one message may take. */
const TIMEOUT_MS = 10_000;

export interface Post {
  /**
   * Sends a message once, and tells what became of it. Never throws, and takes 10 s at most.
   *
   * @param told the process is going down
   */
  send(channel: Channel, message: Message, told: AbortSignal): Promise<Sent>;
  close(): void;
}

/** Redirects are not followed: they would carry signatures and keys away. */
export function createPost(version: string): Post {
  const writers = new WeakMap<Channel, WriteMessage>();
  const peers: Readonly<Record<string, Peer>> = { 'http:': createPeer('http:'), 'https:': createPeer('https:') };

  /** Kept: to make one takes as long as many answers. */
  const writerOf = (channel: Channel): WriteMessage => {
    const write = writers.get(channel) ?? createMessageWriter(channel.secrets);
    writers.set(channel, write);
    return write;
  };

  const post = async (channel: Channel, { url, headers, body }: Outgoing, signal: AbortSignal): Promise<Sent> => {
    const target = new URL(url);
    const peer = peers[target.protocol];
    if (peer === undefined) throw new TypeError(`${target.protocol} is no protocol that messages are sent by`);
    const answer = await peer.call({
      method: 'POST',
      url: target,
      headers: { 'Content-Type': 'application/json', 'User-Agent': `orphan-sweeper/${version}`, ...headers },
      body,
      signal,
    });
    const write = writerOf(channel);
    if (answer.kind === 'no_answer') return failed(write(answer.message));
    const { status, text, whole, retryAfter } = answer;
    const quoted = text.trim() === '' ? '' : `: ${spokenIn(text)}`;
    const said = write(`answered ${status}${quoted}`, !whole);
    if (status >= 200 && status <= 299) {
      return isHtml(answer) ? failed(`${said} (a page, not a receiver of messages)`, true) : { kind: 'accepted' };
    }
    if (status >= 300 && status <= 399) return failed(`answered ${status}, a redirect, which is not followed`, true);
    const hopeless = status >= 400 && status <= 499 && status !== 408 && status !== 429;
    return failed(said, hopeless, retryAfter === null ? null : retryAfterMs(retryAfter, Date.now()));
  };

  return {
    async send(channel, message, told) {
      const signal = AbortSignal.any([told, AbortSignal.timeout(TIMEOUT_MS)]);
      for (const outgoing of channel.write(message, new Date())) {
        const sent = await post(channel, outgoing, signal);
        if (sent.kind === 'failed') return sent;
      }
      return { kind: 'accepted' };
    },
    close: () => {
      for (const peer of Object.values(peers)) peer.close();
    },
  };
}

function failed(error: string, hopeless = false, retryAfter: number | null = null): Sent {
  return { kind: 'failed', error, hopeless, retryAfterMs: retryAfter };
}
