import type { InjectOptions } from 'fastify';
import type { OpenApi } from './api.ts';
import { createRandom, oneOf, type Random } from './random.ts';

/** What there is to ask about, and what earlier answers have told: of each the newest last. */
export interface Known {
  readonly workspaceIds: readonly string[];
  readonly sweepIds: string[];
  readonly tokenIds: string[];
  readonly cursors: string[];
  readonly etags: string[];
  /** How many wait behind the brake, as a release must say it. */
  orphans: number;
}

export interface RandomRequest {
  /** As the document names it: `get /api/orphans/{workspaceId}`; or `ELSEWHERE`. */
  readonly route: string;
  /** The values of its path, decoded. */
  readonly target: string | null;
  readonly request: InjectOptions & { readonly url: string };
  /** What was done to it, so that it is wrong (or at least odd). */
  readonly spoilt: readonly string[];
}

interface Draft {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS' | 'PATCH';
  path: string;
  /** As they are sent: encoded, or not. */
  readonly query: string[];
  readonly headers: Record<string, string>;
  body: Record<string, unknown> | null;
  /** Sent instead of the body. */
  payload: string | null;
}

const METHODS = { get: 'GET', post: 'POST', put: 'PUT', delete: 'DELETE' } as const;

function lastOf(random: Random, things: readonly string[], otherwise: string): string {
  return things.length === 0 ? otherwise : oneOf(random, things.slice(-5));
}

const NO_ID = '00000000-0000-4000-8000-000000000000';
const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  'a\nb',
  '\u2028',
  '\ud800',
  'ünï 🦊 文字',
  '\u202edesrever',
  '%',
  '%s%n',
  "'; drop table sweeper.orphans; --",
  '{{7*7}}',
  '../../etc/passwd',
  '__proto__',
  'null',
  '-1',
  '1e999',
  'NaN',
  'x'.repeat(199),
  'x'.repeat(3_000),
];

const ODD_TIMES = [
  '0000-01-01T00:00Z',
  '0000-12-31T23:59:59.999999999+14:00',
  '0001-01-01T00:00+14:00',
  '9999-12-31T23:59:59Z',
  '+275760-09-13T00:00Z',
  '-000001-01-01T00:00Z',
  '2020-01-01T00:00Z',
  '2027-02-30T00:00Z',
  '2027-13-01T00:00Z',
  '2027-01-01T24:00Z',
  '2027-01-01T00:00+99:99',
  '2027-01-01T00:00',
  '2027-01-01',
  'infinity',
  'now',
];

/** Every parameter that the document has, with values that are allowed. */
const PARAMETERS: Readonly<Record<string, (random: Random, known: Known) => string>> = {
  state: (random) => oneOf(random, ['waiting', 'sweeping', 'retrying', 'stuck', 'held', 'cleared', 'resolved']),
  class: (random) => oneOf(random, ['unreachable', 'timeout', 'rejected', 'platform']),
  why: (random) => oneOf(random, ['removed', 'row_gone', 'replaced', 'reappeared']),
  cause: () => '0123456789ab',
  q: (random) => oneOf(random, ['ws', '%', '_', '\\', "'", 'ü', '']),
  sort: (random) => oneOf(random, ['urgent', 'oldest', 'newest', 'attempts', 'name']),
  tenant: () => 'default',
  cursor: (random, known) => lastOf(random, known.cursors, 'none'),
  limit: (random) => oneOf(random, ['1', '2', '50', '200']),
  trigger: (random) => oneOf(random, ['boot', 'interval', 'manual']),
  result: (random) => oneOf(random, ['cleared', 'queued', 'skipped', 'cancelled']),
  outcome: (random) => oneOf(random, ['stopped', 'failed', 'would_stop']),
  quiet: (random) => oneOf(random, ['true', 'false']),
  target: (random, known) => oneOf(random, [...known.workspaceIds, 'nobody']),
  window: (random) => oneOf(random, ['24h', '7d']),
};

/** Every field of a body that the document has, with values that are allowed. */
const FIELDS: Readonly<Record<string, (random: Random, known: Known) => unknown>> = {
  reason: (random) => oneOf(random, ['because', 'ünï 🦊', "Robert'); drop", 'x'.repeat(500)]),
  actor: (random) => oneOf(random, ['Anna', 'Bob 🦊', '\u202eevE', 'x'.repeat(80)]),
  until: (random) => new Date(Date.now() + Math.floor(1 + random() * 700) * 3_600_000).toISOString(),
  orphans: (_random, known) => known.orphans,
  workspaceIds: (random, known) => known.workspaceIds.filter(() => random() < 0.3),
  expected: (random) => Math.floor(random() * 8),
  dryRun: (random) => random() < 0.7,
  drain: (random) => random() < 0.2,
  name: (random) => oneOf(random, ['ci', 'nightly 🦊', "Robert'); drop", 'x'.repeat(80)]),
  role: (random) => oneOf(random, ['viewer', 'operator', 'admin']),
  days: (random) => 1 + Math.floor(random() * 366),
  channel: (random) => oneOf(random, ['webhook', 'slack', 'pagerduty']),
};

const PATH_VALUES: Readonly<Record<string, (random: Random, known: Known) => string>> = {
  workspaceId: (random, known) => oneOf(random, known.workspaceIds),
  id: (random, known) => lastOf(random, known.sweepIds, NO_ID),
};

export interface Operation {
  readonly route: string;
  readonly method: keyof typeof METHODS;
  readonly path: string;
  readonly parameters: readonly string[];
  readonly fields: readonly string[];
  readonly required: readonly string[];
}

interface BodySchema {
  readonly properties: object;
  readonly required: readonly string[];
}

/**
 * Every call of the document, with what it takes.
 *
 * @throws for a parameter or a field that no value is known for: it would never be asked
 */
export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, { parameters = [], requestBody }]) => {
      const method = (['get', 'post', 'put', 'delete'] as const).find((one) => one === name);
      if (method === undefined) throw new Error(`no call of ours is a ${name}`);
      const of = (place: string) => parameters.filter((one) => one.in === place).map((one) => one.name);
      const { properties, required } = bodySchema(requestBody?.content);
      const operation: Operation = {
        route: `${method} ${path}`,
        method,
        path,
        parameters: of('query'),
        fields: Object.keys(properties),
        required,
      };
      refuseUnknown(operation.parameters, PARAMETERS);
      refuseUnknown(operation.fields, FIELDS);
      refuseUnknown(of('path'), PATH_VALUES);
      return operation;
    }),
  );
}

function bodySchema(content: object | undefined): BodySchema {
  const found = content === undefined ? undefined : memberOf(memberOf(content, 'application/json'), 'schema');
  const properties = memberOf(found, 'properties');
  const required = memberOf(found, 'required');
  return {
    properties: typeof properties === 'object' && properties !== null ? properties : {},
    required: Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [],
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function refuseUnknown(names: readonly string[], values: object): void {
  for (const name of names) if (!Object.hasOwn(values, name)) throw new Error(`no values are known for ${name}`);
}

/** One that is all right, as far as can be told without asking. */
function draftOf(random: Random, known: Known, operation: Operation): Draft & { target: string | null } {
  let target: string | null = null;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const isToken = operation.path.startsWith('/api/tokens/');
    target = isToken ? lastOf(random, known.tokenIds, NO_ID) : (PATH_VALUES[name]?.(random, known) ?? '');
    return encodeURIComponent(target);
  });
  const query = operation.parameters
    .filter((name) => random() < (name === 'cursor' ? 0.1 : 0.25))
    .map((name) => `${name}=${encodeURIComponent(PARAMETERS[name]?.(random, known) ?? '')}`);
  const changes = operation.method !== 'get';
  const chosen = operation.fields.filter((name) => operation.required.includes(name) || random() < 0.4);
  const body = changes ? Object.fromEntries(chosen.map((name) => [name, FIELDS[name]?.(random, known)])) : null;
  return {
    target,
    method: METHODS[operation.method],
    path,
    query,
    headers: {
      host: 'localhost',
      ...(changes ? { 'content-type': 'application/json', 'x-actor': 'Anna' } : {}),
      ...(random() < 0.2 ? { origin: 'http://localhost' } : {}),
      ...(random() < 0.5 ? { 'if-none-match': lastOf(random, known.etags, '"none"') } : {}),
    },
    body,
    payload: null,
  };
}

const deep = (random: Random): string => {
  const levels = oneOf(random, [10, 1_000, 15_000]);
  return random() < 0.5 ? '['.repeat(levels) + ']'.repeat(levels) : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
};

const wrongValue = (random: Random): unknown =>
  oneOf(random, [null, 0, -1, 1.5, 1e300, true, '', [], {}, [[]], { length: 1 }, '0000-01-01T00:00Z', ...ODD_TEXTS]);

/** Each makes a request wrong, or at least odd, in its own way. */
const SPOILERS: Readonly<Record<string, (random: Random, draft: Draft, operation: Operation) => void>> = {
  'another method': (random, draft) => {
    draft.method = oneOf(random, ['HEAD', 'OPTIONS', 'PATCH', 'GET', 'POST', 'PUT', 'DELETE'] as const);
  },
  'a path that leads nowhere': (random, draft) => {
    draft.path = oneOf(random, [`${draft.path}/`, `${draft.path}/x`, `/${draft.path}`, draft.path.toUpperCase(), '/x']);
  },
  'an odd path value': (random, draft) => {
    const value = oneOf(
      random,
      ODD_TEXTS.filter((text) => text !== '\ud800'),
    );
    draft.path = draft.path.replace(/(?<=\/(orphans|sweeps)\/)[^/]+/, encodeURIComponent(value));
  },
  'percent garbage': (random, draft) => {
    const garbage = oneOf(random, ['%', '%zz', '%c3%28', '%ed%a0%80', '%00', '%ff', '%2e%2e%2f', '%25%32%35']);
    if (random() < 0.5) draft.path += garbage;
    else draft.query.push(`q=${garbage}`);
  },
  'an unknown parameter': (random, draft) => {
    draft.query.push(`${encodeURIComponent(oneOf(random, ['x', 'Limit', '__proto__', 'constructor', 'ü']))}=1`);
  },
  'a repeated parameter': (random, draft) => {
    const again = draft.query[0] ?? 'limit=1';
    draft.query.push(again, ...(random() < 0.2 ? Array<string>(500).fill(again) : []));
  },
  'an odd value': (random, draft, { parameters }) => {
    const name = parameters.length === 0 ? 'limit' : oneOf(random, parameters);
    const value = oneOf(
      random,
      ODD_TEXTS.filter((text) => text !== '\ud800'),
    );
    draft.query.push(`${name}=${encodeURIComponent(value)}`);
  },
  'many parameters': (_random, draft) => {
    draft.query.push(...Array.from({ length: 300 }, (_, n) => `f${n}=${n}`));
  },
  'a wrong value in the body': (random, draft, { fields }) => {
    const name = fields.length === 0 ? 'reason' : oneOf(random, fields);
    draft.body = { ...draft.body, [name]: wrongValue(random) };
  },
  'an odd text in the body': (random, draft) => {
    draft.body = { ...draft.body, [oneOf(random, ['reason', 'actor', 'until'])]: oneOf(random, ODD_TEXTS) };
  },
  'an odd time': (random, draft) => {
    draft.body = { ...draft.body, until: oneOf(random, ODD_TIMES) };
  },
  'a field too few': (random, draft) => {
    const names = Object.keys(draft.body ?? {});
    const gone = names.length === 0 ? '' : oneOf(random, names);
    draft.body = Object.fromEntries(Object.entries(draft.body ?? {}).filter(([name]) => name !== gone));
  },
  'unknown fields': (random, draft) => {
    const count = oneOf(random, [1, 3, 40]);
    draft.body = { ...draft.body, ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`f~${n}/`, n])) };
  },
  'a deep body': (random, draft) => {
    draft.payload = random() < 0.5 ? deep(random) : `{"reason":${deep(random)}}`;
  },
  'a huge body': (random, draft) => {
    draft.payload = JSON.stringify({ reason: 'x'.repeat(oneOf(random, [60_000, 65_536, 1_000_000])) });
  },
  'a body that is no JSON': (random, draft) => {
    draft.payload = oneOf(random, ['', ' ', '{', '{"reason":', 'null', '[]', '"x"', '0', '{"a":1}}', '\ufeff{}', '\0']);
  },
  'poison in the body': (_random, draft) => {
    draft.payload = '{"__proto__":{"dryRun":true},"constructor":{"prototype":{"drain":true}}}';
  },
  'another content type': (random, draft) => {
    draft.headers['content-type'] = oneOf(random, [
      'text/plain',
      'multipart/form-data',
      'application/xml',
      '',
      ';;',
      'x',
    ]);
  },
  'no body': (_random, draft) => {
    draft.body = null;
  },
  'another actor': (random, draft) => {
    draft.headers['x-actor'] = oneOf(random, ['', ' ', 'x'.repeat(81), 'Å', 'a\tb', 'Anna, Bob']);
  },
  'nobody who does it': (_random, draft) => {
    delete draft.headers['x-actor'];
    if (draft.body !== null) delete draft.body['actor'];
  },
  'another origin': (random, draft) => {
    draft.headers['origin'] = oneOf(random, [
      'http://evil.example',
      'null',
      '',
      'http://localhost:1',
      'x'.repeat(5_000),
    ]);
  },
  'another site': (random, draft) => {
    draft.headers['sec-fetch-site'] = oneOf(random, ['cross-site', 'same-site', 'same-origin', 'none', '?']);
  },
  'another host': (random, draft) => {
    draft.headers['host'] = oneOf(random, [
      'evil.example',
      '',
      'localhost.evil.example',
      '[',
      'LOCALHOST:1',
      '::1',
      'a b',
    ]);
  },
  'odd headers': (random, draft) => {
    const [name, value] = oneOf(random, [
      ['if-none-match', '*'],
      ['if-none-match', `"${'x'.repeat(5_000)}"`],
      ['x-request-id', 'mine\u0000'],
      ['accept', 'nothing/at-all'],
      ['accept-encoding', 'br;q=x'],
      ['x-forwarded-for', '203.0.113.7'],
      ['x-http-method-override', 'DELETE'],
      ['range', 'bytes=0-0'],
      ['content-length', '3'],
      ['expect', '100-continue'],
    ] as const);
    draft.headers[name] = value;
  },
};

export const SPOILT = Object.keys(SPOILERS);
/** Of a request whose path may be none of ours. */
export const ELSEWHERE = 'elsewhere';
const LEADS_ASTRAY: ReadonlySet<string> = new Set(['a path that leads nowhere', 'percent garbage']);
/** Of those that are spoilt; the others are all right. */
const SPOILT_SHARE = 0.6;
/** Fewer than an address may make in a minute. */
const REQUESTS_PER_ADDRESS = 20;

/** The nth request of a seed, whatever came before it, but for what was learnt of the answers. */
export function randomRequest(seed: number, n: number, operations: readonly Operation[], known: Known): RandomRequest {
  const random = createRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b));
  const operation = oneOf(random, operations);
  const block = Math.floor(n / REQUESTS_PER_ADDRESS);
  const { target, ...draft } = draftOf(random, known, operation);
  const spoilt: string[] = [];
  while (spoilt.length < 3 && random() < SPOILT_SHARE) {
    const name = oneOf(random, SPOILT);
    SPOILERS[name]?.(random, draft, operation);
    spoilt.push(name);
  }
  const { method, path, query, headers, body, payload } = draft;
  const sent = payload ?? (body === null ? null : JSON.stringify(body));
  const astray = spoilt.some((name) => LEADS_ASTRAY.has(name));
  return {
    route: astray ? ELSEWHERE : `${method.toLowerCase()} ${operation.path}`,
    target,
    request: {
      method,
      url: query.length === 0 ? path : `${path}?${query.join('&')}`,
      headers,
      remoteAddress: `198.18.${block >> 8}.${block & 255}`,
      ...(sent === null ? {} : { payload: sent }),
    },
    spoilt,
  };
}
