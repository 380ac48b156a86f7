import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopbackName } from '../urls.ts';
import { ProblemError } from './problem.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]', '::1'];

export interface SafetyOptions {
  /** What the server listens on. */
  readonly host: string;
  readonly allowedHosts: readonly string[];
  /** Under which origin people reach it; null: not said. */
  readonly publicUrl: string | null;
}

/** The floor under every call: who may be reached under which name, and from where changes may come. */
export function registerSafety(app: FastifyInstance, options: SafetyOptions): void {
  const { host, allowedHosts, publicUrl } = options;
  const known = [...allowedHosts, ...(publicUrl === null ? [] : [new URL(publicUrl).hostname])];
  const names = new Set([...LOOPBACK_NAMES, host, ...known].map((name) => name.toLowerCase()));
  const local = isLoopbackName(host);
  // Beyond loopback a proxy decides about names, unless they are listed.
  const checksHost = local || known.length > 0;

  app.addHook('onRequest', async (request) => {
    if (checksHost && (local || !isProbe(request))) refuseUnknownHost(request, names);
    if (!SAFE_METHODS.has(request.method)) refuseForeignOrigin(request, publicUrl);
  });
}

/** An orchestrator and a Prometheus ask by an address that nobody can list beforehand, and learn yes, no, and numbers. */
function isProbe({ url }: FastifyRequest): boolean {
  return url === '/healthz' || url === '/readyz' || url === '/metrics';
}

/** A name that somebody else's DNS points at us would let their page read ours. */
function refuseUnknownHost(request: FastifyRequest, names: ReadonlySet<string>): void {
  const host = request.headers.host ?? '';
  if (names.has(withoutPort(host).toLowerCase())) return;
  throw new ProblemError(
    'unknown_host',
    `Host: ${JSON.stringify(host)} is not one of ${[...names].join(', ')}. Set ALLOWED_HOSTS or PUBLIC_URL to add a name.`,
  );
}

function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}

/** A browser says where a change comes from; a program that says nothing is no browser. */
function refuseForeignOrigin(request: FastifyRequest, publicUrl: string | null): void {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ProblemError(
      'foreign_origin',
      `Sec-Fetch-Site: ${JSON.stringify(site)}; only same-origin may change things.`,
    );
  }
  const { origin, host } = request.headers;
  // A proxy may ask for us under another name than people ask for it.
  const ours = [`http://${host}`, `https://${host}`, publicUrl];
  if (origin !== undefined && !ours.includes(origin)) {
    throw new ProblemError(
      'foreign_origin',
      `Origin: ${JSON.stringify(origin)} is not the host that was asked (${host})${publicUrl === null ? '' : `, nor ${publicUrl}`}.`,
    );
  }
}
