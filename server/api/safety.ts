import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemError } from './problem.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]', '::1'];

export interface SafetyOptions {
  /** What the server listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
}

/** The floor under every call: who may be reached under which name, and from where changes may come. */
export function registerSafety(app: FastifyInstance, options: SafetyOptions): void {
  const names = new Set([...LOOPBACK_NAMES, options.host, ...options.allowedHosts].map((name) => name.toLowerCase()));
  const local = isLoopback(options.host);
  // Beyond loopback a proxy decides about names, unless they are listed.
  const checksHost = local || options.allowedHosts.length > 0;

  app.addHook('onRequest', async (request) => {
    if (checksHost && (local || !isProbe(request))) refuseUnknownHost(request, names);
    if (!SAFE_METHODS.has(request.method)) refuseForeignOrigin(request);
  });
}

/** An orchestrator asks by an address that nobody can list beforehand, and learns no more than yes or no. */
function isProbe({ url }: FastifyRequest): boolean {
  return url === '/healthz' || url === '/readyz';
}

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** A name that somebody else's DNS points at us would let their page read ours. */
function refuseUnknownHost(request: FastifyRequest, names: ReadonlySet<string>): void {
  const host = request.headers.host ?? '';
  if (names.has(withoutPort(host).toLowerCase())) return;
  throw new ProblemError(
    'unknown_host',
    `Host: ${JSON.stringify(host)} is not one of ${[...names].join(', ')}. Set ALLOWED_HOSTS to add a name.`,
  );
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** A browser says where a change comes from; a program that says nothing is no browser. */
function refuseForeignOrigin(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ProblemError(
      'foreign_origin',
      `Sec-Fetch-Site: ${JSON.stringify(site)}; only same-origin may change things.`,
    );
  }
  const { origin, host } = request.headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new ProblemError(
      'foreign_origin',
      `Origin: ${JSON.stringify(origin)} is not the host that was asked (${host}).`,
    );
  }
}
