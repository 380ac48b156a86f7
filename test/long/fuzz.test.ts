import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { latchBrake } from '../support/acting.ts';
import { type Api, type ApiAnswer, createApi, emptyWorld, type OpenApi } from '../support/api.ts';
import { changedRows, createDigest, type Digest } from '../support/digest.ts';
import { portOf } from '../support/proxy.ts';
import { createRandom } from '../support/random.ts';
import {
  ELSEWHERE,
  type Known,
  type Operation,
  operationsOf,
  type RandomRequest,
  randomRequest,
  SPOILT,
} from '../support/random-requests.ts';
import { sendRaw } from '../support/raw-request.ts';
import { sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

/** The same requests in each run; FUZZ_SEED asks others. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
const REQUESTS = 10_000;
/** Tables that grow make every comparison slower. */
const REQUESTS_PER_STAGE = 250;
const REQUESTS_PER_BRAKE = 50;
/** Only ends what hangs. */
const PATIENCE_MS = 60_000;

/** One is stopped, one is not. */
const TRIED = ['ws 1', 'a/b'];
const OPEN = ['100%', 'ünï 🦊'];
const RESTORED = ['__proto__', "o'neill", 'A'.repeat(200)];

let world: World;
let api: Api;
let operations: Operation[];
let digest: () => Promise<Digest>;
beforeAll(async () => {
  world = await createWorld({ idType: 'text' });
  // A test message goes to where nobody listens, and is answered with that.
  api = await createApi(world, { NOTIFY_WEBHOOK_URL: 'http://127.0.0.1:9/', NOTIFY_WEBHOOK_SECRET: 'x'.repeat(24) });
  digest = await createDigest(world);
  for (const id of known.workspaceIds) world.controlPlane.launch({ workspaceId: id, instanceId: `i-${id}` });
  operations = operationsOf((await api.call<OpenApi>('/api/openapi.json')).body);
  return async () => {
    await api.close();
    await world.close();
  };
});

const known: Known = {
  workspaceIds: [...TRIED, ...OPEN, ...RESTORED],
  sweepIds: [],
  tokenIds: [],
  cursors: [],
  etags: [],
  orphans: 0,
};

async function leak(workspaceIds: readonly string[]): Promise<void> {
  for (const id of workspaceIds) {
    await world.platformDatabase.query(
      `insert into workspaces (id, name, status, instance_id) values ($1, 'name of ' || $1, 'removed', 'i-' || $1)`,
      [id],
    );
  }
}

/** A little of everything that can be asked about. */
async function setStage(): Promise<void> {
  await emptyWorld(world);
  await api.sweeper.open();
  await leak(TRIED);
  world.controlPlane.fail(`i-${TRIED[1]}`, { kind: 'status', status: 400, times: 1 });
  await sweepOnce(world);
  await leak([...OPEN, ...RESTORED]);
  await world.platform.create('live');
  await world.observe();
  await world.platformDatabase.query('update workspaces set status = $2 where id = any($1)', [RESTORED, 'online']);
  await world.home.query(
    `update sweeper.orphans set last_outcome = 'stopped_live', stuck_at = now() where workspace_id = any($1)`,
    [RESTORED],
  );
  const { rows } = await world.home.query<{ id: string }>('select id from sweeper.sweeps');
  known.sweepIds.push(...rows.map((row) => row.id));
}

/** Which rows a change that was accepted may touch. */
const MAY_TOUCH: Readonly<Record<string, (target: string, answer: ApiAnswer<unknown>) => readonly string[]>> = {
  'put /api/orphans/{workspaceId}/hold': (target) => [`orphans/${target}/`],
  'delete /api/orphans/{workspaceId}/hold': (target) => [`orphans/${target}/`],
  'post /api/orphans/{workspaceId}/acknowledge': (target) => [`orphans/${target}/`],
  'put /api/pause': () => ['tenants/'],
  // The time that did not count is added to each.
  'delete /api/pause': () => ['tenants/', 'orphans/'],
  'post /api/brake/release': () => ['tenants/', 'orphans/'],
  'post /api/sweeps': (_target, answer) => [`sweeps/${memberOf(answer.body, 'id')}`],
  'delete /api/sweeps/{id}': (target) => [`sweeps/${target}`],
  'post /api/tokens': (_target, answer) => [`api_tokens/${memberOf(answer.body, 'id')}`],
  'delete /api/tokens/{id}': (target) => [`api_tokens/${target}`],
};

function memberOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? Object.entries(body).find(([key]) => key === name)?.[1]
    : undefined;
}

function learn(answer: ApiAnswer<unknown>): void {
  const [cursor, id, orphans] = ['nextCursor', 'id', 'orphans'].map((name) => memberOf(answer.body, name));
  if (typeof cursor === 'string') known.cursors.push(cursor);
  const isToken = typeof memberOf(answer.body, 'token') === 'string';
  if (typeof id === 'string') (isToken ? known.tokenIds : known.sweepIds).push(id);
  if (typeof orphans === 'number') known.orphans = orphans;
  const etag = answer.header('etag');
  if (etag !== undefined) known.etags.push(etag);
}

const asked = new Map<string, Map<string, number>>();
const spoiltBy = new Map<string, number>();
let changed = 0;

const times = (route: string, status: string): number => asked.get(route)?.get(status) ?? 0;
function count({ route, spoilt }: RandomRequest, status: number): void {
  const byClass = asked.get(route) ?? new Map<string, number>();
  asked.set(route, byClass);
  const of = `${Math.floor(status / 100)}xx`;
  byClass.set(of, (byClass.get(of) ?? 0) + 1);
  for (const name of spoilt) spoiltBy.set(name, (spoiltBy.get(name) ?? 0) + 1);
}

/** Nobody is answered a body that asks for the head only. */
async function ask({ request }: RandomRequest): Promise<ApiAnswer<unknown>> {
  if (request.method !== 'HEAD') return api.call<unknown>(request);
  const { statusCode: status, headers, body: text } = await api.app.inject(request);
  return { status, body: null, text, header: (name) => headers[name]?.toString() };
}

async function inTime(answering: Promise<ApiAnswer<unknown>>): Promise<ApiAnswer<unknown>> {
  const answered = new AbortController();
  const late = wait(PATIENCE_MS, null, { signal: answered.signal }).catch(() => null);
  const answer = await Promise.race([answering, late]).finally(() => answered.abort());
  if (answer === null) throw new Error(`no answer within ${PATIENCE_MS} ms`);
  return answer;
}

function expectNothingElse(made: RandomRequest, answer: ApiAnswer<unknown>, before: Digest, after: Digest): void {
  const { method = '' } = made.request;
  const accepted = answer.status >= 200 && answer.status < 300;
  const mayChange = ['PUT', 'POST', 'DELETE'].includes(method);
  const touchable = accepted && mayChange ? (MAY_TOUCH[made.route]?.(made.target ?? '', answer) ?? []) : [];
  const touched = changedRows(before, after);
  if (touched.length > 0) changed += 1;
  expect(touched.filter((key) => !touchable.some((start) => key.startsWith(start)))).toEqual([]);
  expect(after.platform).toBe(before.platform);
  expect(after.audited - before.audited).toBeGreaterThanOrEqual(0);
  expect(after.audited - before.audited, 'entries in the audit').toBeLessThanOrEqual(mayChange ? 1 : 0);
}

/** Questions about an instance are no Stops. */
const stopsSoFar = (): number => world.controlPlane.calls.filter((call) => call.route !== 'status').length;

describe('10,000 random requests: no failure, no hang, and nothing changed that was not asked for', () => {
  it.each(Array.from({ length: REQUESTS / REQUESTS_PER_STAGE }, (_, stage) => stage * REQUESTS_PER_STAGE))(
    `seed ${SEED}, from request %i on`,
    async (first) => {
      await setStage();
      const stops = stopsSoFar();
      let before = await digest();
      for (let n = first; n < first + REQUESTS_PER_STAGE; n += 1) {
        if (n % REQUESTS_PER_BRAKE === 0) {
          await latchBrake(world);
          before = await digest();
        }
        const made = randomRequest(SEED, n, operations, known);
        try {
          const answer = await inTime(ask(made));
          expect(answer.status).toBeLessThan(500);
          const after = await digest();
          expectNothingElse(made, answer, before, after);
          count(made, answer.status);
          learn(answer);
          before = after;
        } catch (error) {
          const { request, spoilt } = made;
          const words = JSON.stringify({ ...request, payload: String(request.payload ?? '').slice(0, 300) });
          throw new Error(
            `FUZZ_SEED=${SEED}, request ${n} (${spoilt.join(', ') || 'not spoilt'}): ${words.slice(0, 2_000)}`,
            {
              cause: error,
            },
          );
        }
      }
      expect(stopsSoFar(), `FUZZ_SEED=${SEED}: nothing was swept`).toBe(stops);
    },
  );

  it(`seed ${SEED} has asked every call of the document, well and badly, in every odd way`, () => {
    for (const { route } of operations) {
      expect(times(route, '2xx'), `${route}: accepted`).toBeGreaterThanOrEqual(10);
      // Fewer: one that takes nothing can only be refused for its host.
      expect(times(route, '4xx'), `${route}: refused`).toBeGreaterThanOrEqual(5);
    }
    expect(times(ELSEWHERE, '4xx')).toBeGreaterThanOrEqual(100);
    expect(operations.reduce((sum, { route }) => sum + times(route, '3xx'), 0)).toBeGreaterThanOrEqual(10);
    expect([...asked.values()].flatMap((of) => [...of.values()]).reduce((sum, n) => sum + n)).toBe(REQUESTS);
    expect(changed).toBeGreaterThanOrEqual(200);
    expect([...spoiltBy.keys()].sort()).toEqual([...SPOILT].sort());
  });
});

const CHANGE =
  'POST /api/sweeps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n';
const GET = 'GET /api/orphans HTTP/1.1\r\nHost: localhost\r\n';

/** Under the brake no sweep is queued but a dry run, and none of these asks for one. */
const BROKEN: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'an empty line': '\r\n\r\n',
  'half of a request line': 'GET /api/or',
  'half of the headers': GET,
  'no host': 'GET /api/status HTTP/1.1\r\n\r\n',
  'two hosts': `${GET}Host: evil.example\r\n\r\n`,
  'no HTTP': 'SSH-2.0-OpenSSH_9.6\r\n',
  'TLS where there is none': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'a method of its own': 'SWEEP /api/sweeps HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a version that there is not': 'GET /api/status HTTP/9.9\r\nHost: localhost\r\n\r\n',
  'HTTP 0.9': 'GET /api/status\r\n',
  'a URL with a host in it':
    'GET http://evil.example/api/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'a path that climbs': 'GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'a path with a NUL': 'GET /api/\0status HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'a header with a NUL': `${GET}X-Actor: a\0b\r\n\r\n`,
  'a header without a name': `${GET}: x\r\n\r\n`,
  'a line that is folded': `${GET}X-Actor: a\r\n b\r\nConnection: close\r\n\r\n`,
  'headers without end': `${GET}X-Actor: ${'x'.repeat(100_000)}\r\n\r\n`,
  'ten thousand headers': `${GET}${'a: b\r\n'.repeat(10_000)}\r\n`,
  'a length that is none': `${CHANGE}Content-Length: x\r\n\r\n{}`,
  'two lengths': `${CHANGE}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
  'a length and pieces': `${CHANGE}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  'a length that is longer than what comes': `${CHANGE}Content-Length: 50\r\n\r\n{"dryRun":true`,
  'a piece of no size': `${CHANGE}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}`,
  'pieces that break off': `${CHANGE}Transfer-Encoding: chunked\r\n\r\ne\r\n{"dryRun":tru`,
  'another coding': `${CHANGE}Transfer-Encoding: gzip\r\n\r\n{}`,
  'a body that is no UTF-8': `${CHANGE}Content-Length: 16\r\n\r\n{"reason":"\xff\xfe"}`,
  'an upgrade': `${GET}Connection: upgrade\r\nUpgrade: h2c\r\n\r\n`,
};

const REFUSED = `${CHANGE}Content-Length: 14\r\n\r\n{"dryRun":0.5}`;
const FLIPPED = 100;

/** Some bytes of a request that is refused are others, so that it may be no request any more. */
function flipped(n: number): Buffer {
  const random = createRandom(Math.imul(SEED + 1, 0x9e3779b1) ^ n);
  const bytes = Buffer.from(REFUSED, 'latin1');
  for (let left = 1 + Math.floor(random() * 4); left > 0; left -= 1) {
    bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
  }
  return bytes;
}

describe('bytes that are no HTTP', () => {
  let port: number;
  beforeAll(async () => {
    await setStage();
    await latchBrake(world);
    await api.app.listen({ host: '127.0.0.1', port: 0 });
    port = portOf(api.app.server.address());
  });

  async function expectHarmless(bytes: Buffer): Promise<string> {
    const before = await digest();
    const answer = await sendRaw(port, bytes, PATIENCE_MS);
    const after = await digest();
    expect(answer).toMatch(/^(HTTP\/1\.1 [234]\d\d |$)/);
    expect(changedRows(before, after)).toEqual([]);
    expect(after.platform).toBe(before.platform);
    expect(after.audited - before.audited).toBeLessThanOrEqual(1);
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    return answer;
  }

  it.each(Object.entries(BROKEN))('%s: no failure, no hang, no change', async (_what, bytes) => {
    await expectHarmless(Buffer.from(bytes, 'latin1'));
  });

  it(`${FLIPPED} requests with flipped bytes: no failure, no hang, no change`, async () => {
    const statuses = new Set<string>();
    for (let n = 0; n < FLIPPED; n += 1) {
      try {
        statuses.add((await expectHarmless(flipped(n))).slice(9, 12));
      } catch (error) {
        throw new Error(`FUZZ_SEED=${SEED}, flipped ${n}: ${JSON.stringify(flipped(n).toString('latin1'))}`, {
          cause: error,
        });
      }
    }
    // Broken for the parser or refused by its body; and by its host, its route or its content type.
    expect([...statuses]).toContain('400');
    expect(statuses.size).toBeGreaterThanOrEqual(3);
  });
});
