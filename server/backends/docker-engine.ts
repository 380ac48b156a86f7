import { Pool } from 'undici';
import type { DockerLine } from './docker-host.ts';
import { createMessageWriter } from './message.ts';
import { inWords } from './network-words.ts';

/** The newest version of the Engine API that this program was written for; older Engines are spoken to in theirs. */
const NEWEST = '1.51';

/** A list of many thousand containers; what is more is no list of a machine's containers. */
const MOST_BYTES = 64 * 1024 * 1024;
const CONNECTIONS = 20;
/** As long as a Stop may take at most: the signal of each call is what ends it. */
const SILENCE_MS = 300_000;

export interface EngineCall {
  readonly method: 'GET' | 'DELETE';
  /** Without the version, as `/containers/json?all=1`. */
  readonly path: string;
  readonly signal: AbortSignal;
}

export interface EngineAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

/** Nothing is known about what the Engine did, or will do, with the call. */
export interface NoEngineAnswer {
  readonly kind: 'no_answer';
  readonly class: 'timeout' | 'unreachable';
  readonly message: string;
}

/** The Docker Engine's API over a socket. */
export interface DockerEngine {
  /** As a person would write it: `unix:///var/run/docker.sock`. */
  readonly place: string;
  /** One request, sent once, in the newest version that both sides speak. Never throws; ends when the signal aborts. */
  call(call: EngineCall): Promise<EngineAnswer | NoEngineAnswer>;
  close(): Promise<void>;
}

export function createDockerEngine(line: DockerLine, programVersion: string): DockerEngine {
  const pool = new Pool(line.origin, {
    connect: line.connect,
    connections: CONNECTIONS,
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 4_000,
  });
  const write = createMessageWriter([]);
  const headers = { 'user-agent': `orphan-sweeper/${programVersion}` };
  let known: string | null = null;

  const send = async (method: EngineCall['method'], path: string, signal: AbortSignal) => {
    signal.throwIfAborted();
    const response = await pool.request({ method, path, headers, signal });
    return { status: response.statusCode, headers: response.headers, text: await readText(response.body) };
  };

  /** The Engine says in every answer which version is its newest. */
  const negotiate = async (signal: AbortSignal): Promise<string> => {
    if (known !== null) return known;
    const said = (await send('GET', '/_ping', signal)).headers['api-version'];
    const theirs = typeof said === 'string' && /^\d+\.\d+$/.test(said) ? said : NEWEST;
    known = isNewer(theirs, NEWEST) ? NEWEST : theirs;
    return known;
  };

  return {
    place: line.place,
    async call({ method, path, signal }) {
      try {
        const version = await negotiate(signal);
        const { status, text } = await send(method, `/v${version}${path}`, signal);
        // Another Engine may listen there by now, and is asked for its version at the next call.
        if (status === 400) known = null;
        return { kind: 'answer', status, body: parsed(text) };
      } catch (error) {
        if (signal.aborted) {
          return { kind: 'no_answer', class: 'timeout', message: 'no whole answer before the time was up' };
        }
        return { kind: 'no_answer', class: 'unreachable', message: write(inWords(error)) };
      }
    },
    close: () => pool.destroy(),
  };
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > MOST_BYTES) throw new Error('the answer is larger than 64 MB');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy's page or an empty answer: its text says what it is.
    return text;
  }
}

function isNewer(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
