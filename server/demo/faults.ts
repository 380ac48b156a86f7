import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How a control plane can misbehave towards one call. */
export type FaultKind =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Answers properly, but only after so many milliseconds; takes effect even if the caller has left by then. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Destroys the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** 200, half of a body, then the connection is destroyed. */
  | { readonly kind: 'half' }
  /** 200, half of a body, then nothing. */
  | { readonly kind: 'stall' }
  /** 200, then one byte after the other, for ever. */
  | { readonly kind: 'dribble'; readonly everyMs: number }
  /** 200, then as much as the connection takes, for ever. */
  | { readonly kind: 'endless' }
  /** 200 and a login page. */
  | { readonly kind: 'html' }
  | { readonly kind: 'redirect'; readonly location: string }
  /** Says 202 and leaves the instance running. */
  | { readonly kind: 'still-running' };

export type Fault = FaultKind & {
  /** How many calls it strikes before it heals; for ever if absent. */
  readonly times?: number;
  /** Which calls it strikes. An instance's fault strikes Stops, one of the whole control plane strikes every call. */
  readonly on?: 'stop' | 'status' | 'any';
  /** Whether the instance is terminated all the same, before the fault spoils the answer. */
  readonly terminates?: boolean;
};

/** The faults that are set, in the order in which they were: a later one strikes when those before it have healed. */
export interface Faults {
  add(instanceId: string | null, fault: Fault): void;
  /** Heals one instance, or with null what was set for the whole control plane. */
  heal(instanceId: string | null): void;
  healEverything(): void;
  /** The fault that strikes this call, counted as used; an instance's own comes before one of the whole. */
  take(instanceId: string | null, route: string): Fault | null;
}

export function createFaults(): Faults {
  const set = new Map<string | null, { fault: Fault; left: number }[]>();

  function takeFrom(key: string | null, route: string): Fault | null {
    const strikes = set.get(key)?.find(({ fault, left }) => {
      const on = fault.on ?? (key === null ? 'any' : 'stop');
      return left > 0 && (on === 'any' || on === route);
    });
    if (strikes === undefined) return null;
    strikes.left -= 1;
    return strikes.fault;
  }

  return {
    add(instanceId, fault) {
      set.set(instanceId, [...(set.get(instanceId) ?? []), { fault, left: fault.times ?? Number.POSITIVE_INFINITY }]);
    },
    heal: (instanceId) => void set.delete(instanceId),
    healEverything: () => set.clear(),
    take: (instanceId, route) => (instanceId === null ? null : takeFrom(instanceId, route)) ?? takeFrom(null, route),
  };
}

/** Plays a fault that spoils the answer itself; one without an end goes on until the caller has left. */
export async function spoil(fault: FaultKind, response: ServerResponse, closing: AbortSignal): Promise<void> {
  switch (fault.kind) {
    case 'status':
      response.writeHead(fault.status, {
        'content-type': fault.contentType ?? 'application/json',
        ...fault.headers,
      });
      response.end(fault.body ?? JSON.stringify({ error: `simulated ${fault.status}` }));
      return;
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end('<!doctype html><title>Sign in</title><h1>Please sign in</h1>');
      return;
    case 'redirect':
      response.writeHead(302, { location: fault.location });
      response.end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'half':
      writeHalf(response);
      response.socket?.end();
      return;
    case 'stall':
      writeHalf(response);
      return;
    case 'dribble':
      await dribble(response, fault.everyMs, closing);
      return;
    case 'endless':
      await pour(response, closing);
      return;
    default:
      // hang: nothing at all. The other two are played by the control plane itself: they change what it does.
      return;
  }
}

function writeHalf(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '40' });
  response.write('{"state": "termi');
}

async function dribble(response: ServerResponse, everyMs: number, closing: AbortSignal): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  while (!response.destroyed) {
    response.write(' ');
    await wait(everyMs, undefined, { signal: closing });
  }
}

async function pour(response: ServerResponse, closing: AbortSignal): Promise<void> {
  const drop = Buffer.alloc(16 * 1024, ' ');
  response.writeHead(200, { 'content-type': 'application/json' });
  async function* drops(): AsyncGenerator<Buffer> {
    for (;;) yield drop;
  }
  try {
    await pipeline(drops, response, { signal: closing });
  } catch (error) {
    // The only ways out: the caller had enough, or we are closing. Both leave a response that is destroyed.
    if (!response.destroyed) throw error;
  }
}
