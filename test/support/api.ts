import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { expect } from 'vitest';
import { createMeasures, type Measures } from '../../server/api/measures.ts';
import type { Problem } from '../../server/api/problem.ts';
import { PROBLEMS } from '../../server/api/problem.ts';
import { buildApp } from '../../server/app.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { parseConfig } from '../../server/config.ts';
import { connect, type Database } from '../../server/db/connect.ts';
import type { Environment } from '../../server/environment.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import { createChannels } from '../../server/notify/channel.ts';
import { createNotifier } from '../../server/notify/notifier.ts';
import { createPost } from '../../server/notify/post.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { createSweeper, type Sweeper } from '../../server/sweep/sweeper.ts';
import type { RecordedLog } from './recorded-log.ts';
import { FINGERPRINT, type World } from './world.ts';

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  header(name: string): string | undefined;
}

/** The API over a world, without a port and without the loop: a sweep runs when a test runs it. */
export interface Api {
  readonly app: FastifyInstance;
  readonly sweeper: Sweeper;
  readonly measures: Measures;
  /**
   * One request. Whatever comes back must be in the OpenAPI document for that call; every refusal must be problem+json,
   * with its code under its status and with the id of the request.
   */
  call<Body = Problem>(request: InjectOptions | string): Promise<ApiAnswer<Body>>;
  /** The platform was read so often. */
  looks(): number;
  /** The home database was asked so often, in a transaction or a statement. */
  homeQuestions(): number;
  /** The home database has answered so often, be it with an error. */
  homeAnswers(): number;
  /** Every question to the platform waits, until the answer of this is called. */
  holdPlatform(): () => void;
  close(): Promise<void>;
}

type Logs = Pick<RecordedLog, 'log' | 'repeats'>;

function silent(): Logs {
  const log = pino({ level: 'silent' });
  return { log, repeats: createRepeats(systemClock, log) };
}

/** @param env settings beside those that lead to the world; an empty text takes one of those away; nothing is logged unless told where */
export async function createApi(world: World, env: Environment = {}, { log, repeats }: Logs = silent()): Promise<Api> {
  const config = parseConfig(
    {
      DATABASE_URL: world.home.url,
      PLATFORM_DATABASE_URL: world.platformDatabase.url,
      CONTROL_PLANE_URL: world.controlPlane.url,
      CONTROL_PLANE_SHARED_SECRET: world.credentials.sharedSecret,
      CONTROL_PLANE_ADMIN_TOKEN: world.credentials.adminToken,
      ...env,
    },
    () => '',
  );
  const home = watched(connect(world.home.url, { max: 15, indexesOnly: true, onError: () => undefined }));
  const { database } = home;
  const platform = watched(
    connect(world.platformDatabase.url, { max: 5, rowSecurityOff: true, onError: () => undefined }),
  );
  const backend =
    config.backend?.kind === 'control-plane' ? createControlPlane({ ...config.backend, version: '0.1.0' }) : null;
  const measures = createMeasures(config, '0.1.0');
  const sweeper = createSweeper({
    clock: systemClock,
    home: database,
    platformDatabase: platform.database,
    table: config.platform.table,
    backend,
    containers: null,
    tenant: config.tenant,
    replica: 'api-test',
    settings: { ...config.sweep, unknownGraceMs: null, disabledReason: config.disabledReason },
    fingerprint: FINGERPRINT,
    movedFrom: config.platformMovedFrom,
    dryRun: config.sweep.dryRun,
    log,
    repeats,
    meter: measures.meter,
    random: Math.random,
  });
  await sweeper.open();
  const { tenant, environmentName: environment, runbookUrl, http } = config;
  const notifier = createNotifier({
    clock: systemClock,
    log,
    channels: createChannels(config.notify),
    post: createPost('0.1.0'),
    sender: { tenant, environment, publicUrl: http.publicUrl, runbookUrl },
    replica: 'api-test',
    intervalMs: config.sweep.intervalMs,
    kind: config.backend?.kind ?? null,
    home: () => ({ database, ours: true }),
    random: Math.random,
  });
  const app = await buildApp({
    config,
    version: '0.1.0',
    replica: 'api-test',
    startedAt: new Date(),
    state: () => ({ home: { database, sweeper }, error: null }),
    measures,
    notifier,
    log,
    repeats,
    webRoot: null,
  });
  const { body: document } = await inject<OpenApi>(app, '/api/openapi.json');

  return {
    app,
    sweeper,
    measures,
    looks: platform.transactions,
    homeQuestions: home.transactions,
    homeAnswers: home.answers,
    holdPlatform: platform.hold,
    async call<Body>(request: InjectOptions | string) {
      const answer = await inject<Body>(app, request);
      const { method = 'GET', url = '' } = typeof request === 'string' ? { url: request } : request;
      expectDocumented(document, method, String(url), answer);
      return answer;
    },
    async close() {
      await app.close();
      await Promise.all([sweeper.loop.stop(), notifier.stop()]);
      await Promise.all([database.close(), platform.database.close(), backend?.close()]);
    },
  };
}

/** Takes everything out of a world that earlier tests have put there, so that a file needs only one. */
export async function emptyWorld(world: World): Promise<void> {
  await world.home.query(
    'truncate sweeper.attempts, sweeper.orphans, sweeper.sweeps, sweeper.samples, sweeper.tenants, sweeper.audit, sweeper.sessions, sweeper.api_tokens, sweeper.notifications cascade',
  );
  await world.platformDatabase.query('truncate public.workspaces');
  world.controlPlane.heal();
  await world.schedule.open();
}

async function inject<Body>(app: FastifyInstance, request: InjectOptions | string): Promise<ApiAnswer<Body>> {
  const response = await app.inject(request);
  const { statusCode: status, body: text } = response;
  // A file of rows, or of numbers, has no body in this sense: its text is what there is.
  const isFile = /^text\/(csv|plain)/.test(String(response.headers['content-type']));
  const body: Body = text === '' || isFile ? null : JSON.parse(text);
  return { status, body, text, header: (name) => response.headers[name]?.toString() };
}

/** Counts what is asked of a database, and can make it wait. */
function watched(database: Database) {
  let transactions = 0;
  let answers = 0;
  let gate: Promise<void> = Promise.resolve();
  const count = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    transactions += 1;
    await gate;
    try {
      return await ask();
    } finally {
      answers += 1;
    }
  };
  const counting: Database = {
    ...database,
    transaction: (run) => count(() => database.transaction(run)),
    statement: (statement) => count(() => database.statement(statement)),
  };
  return {
    database: counting,
    transactions: () => transactions,
    answers: () => answers,
    hold() {
      let open = (): void => undefined;
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => open();
    },
  };
}

export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: object;
  }[];
  readonly requestBody?: { readonly required?: boolean; readonly content: object };
  readonly responses: Readonly<
    Record<
      string,
      {
        readonly description: string;
        readonly content?: Readonly<
          Record<
            string,
            { readonly schema: { readonly properties?: { readonly code?: { readonly enum?: string[] } } } }
          >
        >;
      }
    >
  >;
}

/** The codes that the document allows for a status of a call. */
export function documentedCodes(operation: Operation, status: number): readonly string[] {
  const problem = operation.responses[String(status)]?.content?.['application/problem+json'];
  return problem?.schema.properties?.code?.enum ?? [];
}

function expectDocumented(document: OpenApi, method: string, url: string, answer: ApiAnswer<unknown>): void {
  const path = url.split('?')[0] ?? '';
  const operation = operationOf(document, method, path);
  expect(answer.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  if (answer.status >= 400) expectProblem(answer);
  // What leads nowhere cannot be documented.
  if (operation === undefined) expect(answer.status, `${method} ${path}`).toBeGreaterThanOrEqual(400);
  else if (answer.status >= 400) {
    expect(documentedCodes(operation, answer.status), `${method} ${path} ${answer.status}`).toContain(codeOf(answer));
  } else if (answer.status !== 304) {
    expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(answer.status));
  }
}

function expectProblem(answer: ApiAnswer<unknown>): void {
  expect(answer.header('content-type')).toBe('application/problem+json; charset=utf-8');
  const code = codeOf(answer);
  const known = Object.entries(PROBLEMS).find(([name]) => name === code)?.[1];
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: known?.title,
    status: known?.status,
    detail: expect.stringMatching(/^.*[^.]\.$/s),
    code,
    requestId: answer.header('x-request-id'),
    ...(code === 'brake_moved' || code === 'expected_mismatch' ? { orphans: expect.any(Number) } : {}),
  });
  expect(answer.status).toBe(known?.status);
}

function codeOf({ body }: ApiAnswer<unknown>): unknown {
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

function operationOf(document: OpenApi, method: string, path: string): Operation | undefined {
  const fits = Object.keys(document.paths).find((template) =>
    new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  );
  return fits === undefined ? undefined : document.paths[fits]?.[method.toLowerCase()];
}
