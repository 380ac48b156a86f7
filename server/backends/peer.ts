import http from 'node:http';
import https from 'node:https';
import { type Answer, readAnswer } from './answer.ts';
import { inWords } from './network-words.ts';

/**
 * Idle connections are dropped after this. Most servers wait at least 5 s; a connection that we let go first can not be
 * closed by the other side in the very moment in which we send a Stop over it.
 */
const IDLE_MS = 4_000;

export interface Call {
  readonly method: 'DELETE' | 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent whole, with its length. */
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Nothing is known about what the other side did, or will do, with the call. */
export interface NoAnswer {
  readonly kind: 'no_answer';
  readonly class: 'timeout' | 'unreachable';
  readonly message: string;
}

/** The other side of an HTTP conversation. */
export interface Peer {
  /** One request, sent once. Never throws, and ends as soon as the signal aborts. */
  call(call: Call): Promise<Answer | NoAnswer>;
  close(): void;
}

/**
 * node:http rather than fetch: fetch sends a DELETE that was answered 421 a second time by itself, hides a 407 as if
 * the network were down, and adds headers of its own. Retries live in the sweep, and every status has a meaning here.
 */
export function createPeer(protocol: 'http:' | 'https:'): Peer {
  const { Agent, request } = protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo' });

  function send({ method, url, headers, body, signal }: Call): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(url, { method, headers, agent, signal });
      outgoing.on('response', (response) => {
        // A reset in the middle of an answer that has no length must not pass for its end.
        outgoing.on('error', (error) => response.destroy(error));
        resolve(response);
      });
      outgoing.on('error', reject);
      outgoing.on('close', () => reject(new Error('the connection was closed without an answer')));
      outgoing.end(body);
    });
  }

  async function call(details: Call): Promise<Answer | NoAnswer> {
    let begun = '';
    try {
      details.signal.throwIfAborted();
      const response = await send(details);
      begun = `answered ${response.statusCode}, but `;
      return await readAnswer(response);
    } catch (error) {
      if (details.signal.aborted) {
        return { kind: 'no_answer', class: 'timeout', message: `${begun}no whole answer before the time was up` };
      }
      return { kind: 'no_answer', class: 'unreachable', message: `${begun}${inWords(error)}` };
    }
  }

  function close(): void {
    // Not agent.destroy(): that would cut the calls in flight as well.
    for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
  }

  return { call, close };
}
