import type { IncomingMessage } from 'node:http';

/** Enough for any error page that says something; an endless answer must cost neither memory nor the Stop's time. */
const BODY_LIMIT_BYTES = 64 * 1024;

/** No control plane means a longer pause than this, and a clock on the other side may be wrong by years. */
const RETRY_AFTER_LIMIT_MS = 24 * 60 * 60 * 1000;

/** What one HTTP call was answered: all of it, or the first 64 kB. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly contentType: string;
  readonly location: string | null;
  /** The header as it came; null when there was none. */
  readonly retryAfter: string | null;
  readonly text: string;
  /** False when there was more than was read. */
  readonly whole: boolean;
}

/**
 * Reads at most 64 kB of an answer and then hangs up. Throws when the answer breaks off before its end: half an answer
 * is no answer.
 */
export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const bytes: Buffer = chunk;
    pieces.push(bytes);
    size += bytes.length;
    // Leaving the loop destroys the connection.
    if (size > BODY_LIMIT_BYTES) break;
  }
  return {
    kind: 'answer',
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    location: response.headers.location ?? null,
    retryAfter: response.headers['retry-after'] ?? null,
    text: new TextDecoder().decode(Buffer.concat(pieces).subarray(0, BODY_LIMIT_BYTES)),
    whole: size <= BODY_LIMIT_BYTES,
  };
}

/** A login page, or a proxy's page, whatever its status says. */
export function isHtml(answer: Answer): boolean {
  const mediaType = answer.contentType.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'text/html' || mediaType === 'application/xhtml+xml') return true;
  // U+FFFD and NUL: what the byte order mark and the padding of a UTF-16 page look like here.
  return /^[\s\uFEFF\uFFFD\0]*</.test(answer.text);
}

/** The `state` of a JSON object, as it was spelled; null when there is none to be had from this text. */
export function stateIn(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON is one of the things an answer can be, and here they all mean the same: no state.
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  return 'state' in value && typeof value.state === 'string' ? value.state : null;
}

/** Milliseconds from `now` for both forms of Retry-After (RFC 9110, 10.2.3), at least 0; null when it is neither. */
export function retryAfterMs(header: string, now: number): number | null {
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_LIMIT_MS);
  // Date.parse takes "-1" and "1.5" for dates too; every form that is allowed begins with the name of a day.
  if (!/^(mon|tue|wed|thu|fri|sat|sun)[a-z]*,? /i.test(text)) return null;
  // The oldest of the three forms names no zone, and is UTC all the same.
  const at = Date.parse(/ GMT$/i.test(text) ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.min(Math.max(at - now, 0), RETRY_AFTER_LIMIT_MS);
}
