import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { nowOf } from '../db/now.ts';
import { listAttempts, walkOrphans } from '../sweep/orphan-list.ts';
import { pagesFrom } from '../sweep/page.ts';
import { readSweep } from '../sweep/sweep-list.ts';
import { type Attempt, AttemptFilterQuery, attemptOnWire } from './attempts.ts';
import { type Columns, csvEnd, csvHead, csvRows } from './csv.ts';
import { type ApiDeps, homeOf } from './deps.ts';
import { downloadAs, type FileName } from './file-name.ts';
import {
  actingNow,
  explainedBackend,
  InventoryAge,
  type Orphan,
  OrphanFilterQuery,
  OrphanSchema,
  orphanOnWire,
  refuseOtherTenant,
} from './orphans.ts';
import { problemResponses } from './problem.ts';
import { noSweep, SweepPath } from './sweeps.ts';
import { iso } from './wire.ts';

/** Larger than a page of the console: under some sorts each page costs a walk over all rows. */
const PAGE = 500;

/** The first cell is never anything but a state: so the last line can be told from every other. */
const ORPHAN_COLUMNS: Columns<Orphan> = {
  state: (orphan) => orphan.state,
  workspaceId: (orphan) => orphan.workspaceId,
  workspaceName: (orphan) => orphan.workspaceName,
  instanceId: (orphan) => orphan.instanceId,
  why: (orphan) => orphan.why,
  orphanedAt: (orphan) => orphan.orphanedAt,
  firstSeenAt: (orphan) => orphan.firstSeenAt,
  attempts: (orphan) => orphan.attempts,
  lastAttemptAt: (orphan) => orphan.lastAttemptAt,
  lastOutcome: (orphan) => orphan.lastOutcome,
  lastErrorClass: (orphan) => orphan.lastError?.class ?? null,
  lastErrorHttpStatus: (orphan) => orphan.lastError?.httpStatus ?? null,
  lastErrorMessage: (orphan) => orphan.lastError?.message ?? null,
  nextAttemptAt: (orphan) => orphan.nextAttemptAt,
  heldBy: (orphan) => orphan.hold?.actor ?? null,
  holdReason: (orphan) => orphan.hold?.reason ?? null,
  heldSince: (orphan) => orphan.hold?.since ?? null,
  heldUntil: (orphan) => orphan.hold?.until ?? null,
  secondLook: (orphan) => orphan.secondLook?.result ?? null,
  secondLookDueAt: (orphan) => orphan.secondLook?.dueAt ?? null,
  resolvedAt: (orphan) => orphan.resolvedAt,
  resolution: (orphan) => orphan.resolution,
  explanation: (orphan) => orphan.explanation,
};

/** The first cell is a time: see above. */
const ATTEMPT_COLUMNS: Columns<Attempt> = {
  startedAt: (attempt) => attempt.startedAt,
  finishedAt: (attempt) => attempt.finishedAt,
  outcome: (attempt) => attempt.outcome,
  errorClass: (attempt) => attempt.error?.class ?? null,
  errorHttpStatus: (attempt) => attempt.error?.httpStatus ?? null,
  errorMessage: (attempt) => attempt.error?.message ?? null,
  workspaceId: (attempt) => attempt.workspaceId,
  workspaceName: (attempt) => attempt.workspaceName,
  instanceId: (attempt) => attempt.instanceId,
  id: (attempt) => attempt.id,
  sweepId: (attempt) => attempt.sweepId,
  requestId: (attempt) => attempt.requestId,
  trigger: (attempt) => attempt.trigger,
  requestedBy: (attempt) => attempt.requestedBy,
  reason: (attempt) => attempt.reason,
};

const FilterQuery = Type.Object(OrphanFilterQuery, { additionalProperties: false });

const OrphanFile = Type.Object({
  ...InventoryAge,
  items: Type.Array(OrphanSchema),
  count: Type.Integer({ description: 'How many there are in this file' }),
  complete: Type.Literal(true, { description: 'The last member: without it the file was cut off' }),
});

const WALKED =
  'Read page by page, as one would oneself: under a sort by what may change meanwhile (all but oldest and newest) an ' +
  'orphan that changes its place while the file is written can be missing, or be there twice.';

const csvResponse = {
  200: {
    description: 'A header, a row each (RFC 4180), and a last row whose first cell begins with "# complete:"',
    content: { 'text/csv': { schema: Type.String() } },
  },
};

/** Files of everything that a filter shows: a page is read when the one before has been taken, and then let go. */
export function exportRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { tenant, environmentName } = deps.config;

  return async (app) => {
    const underWay = new Set<Readable>();
    // One that is not taken would keep the server from closing. Who takes it sees that it was cut off.
    app.addHook('preClose', async () => {
      for (const body of underWay) body.destroy();
    });

    const send = (
      request: FastifyRequest,
      reply: FastifyReply,
      file: Pick<FileName, 'about' | 'extension'>,
      chunks: AsyncIterable<string>,
    ) => {
      // Fastify would take a body for a HEAD to its end, to throw it away.
      const body = Readable.from(request.method === 'HEAD' ? [] : chunks, { objectMode: false });
      underWay.add(body);
      body.once('close', () => underWay.delete(body));
      const type = file.extension === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json';
      const name = downloadAs({ ...file, environment: environmentName, at: new Date() });
      return reply.type(type).header('content-disposition', name).send(body);
    };

    app.get(
      '/orphans.csv',
      {
        schema: {
          summary: "What the filter shows, all of it, as CSV; cells that begin like a formula have a ' before them",
          description: WALKED,
          querystring: FilterQuery,
          response: { ...csvResponse, ...problemResponses(['home_database_unavailable']) },
        },
      },
      async (request, reply) => {
        const { pages, age } = await walk(request.query);
        if (age.observedAt !== null) reply.header('x-observed-at', age.observedAt);
        const end = (rows: number) => `complete: ${rows} rows ${asOf(age)}`;
        return send(request, reply, { about: 'orphans', extension: 'csv' }, csvOf(ORPHAN_COLUMNS, pages, end));
      },
    );

    app.get(
      '/orphans.json',
      {
        schema: {
          summary: 'What the filter shows, all of it; ends with "complete": true',
          description: WALKED,
          querystring: FilterQuery,
          response: { 200: OrphanFile, ...problemResponses(['home_database_unavailable']) },
        },
      },
      async (request, reply) => {
        const { pages, age } = await walk(request.query);
        if (age.observedAt !== null) reply.header('x-observed-at', age.observedAt);
        return send(request, reply, { about: 'orphans', extension: 'json' }, jsonOf(pages, age));
      },
    );

    app.get(
      '/sweeps/:id/attempts.csv',
      {
        schema: {
          summary: 'What happened to each orphan of a sweep, newest first, as CSV',
          params: SweepPath,
          querystring: Type.Object(AttemptFilterQuery, { additionalProperties: false }),
          response: { ...csvResponse, ...problemResponses(['not_found', 'home_database_unavailable']) },
        },
      },
      async (request, reply) => {
        const { database } = homeOf(deps);
        const { id } = request.params;
        const { outcome } = request.query;
        const asOfTime = iso(await nowOf(database));
        // Before its attempts: what has ended by now has no more of them.
        const sweep = await readSweep(database, tenant, id);
        const read = (cursor?: string) =>
          listAttempts(database, tenant, { sweepId: id, outcome }, { cursor, limit: PAGE });
        const first = await read();
        if (sweep === null && first.items.length === 0) throw noSweep(id);
        const more = sweep !== null && sweep.finishedAt === null ? ' (the sweep has not ended)' : '';
        const end = (rows: number) => `complete: ${rows} rows as of ${asOfTime}${more}`;
        const pages = onWire(pagesFrom(first, read), ({ items }) => items.map(attemptOnWire));
        const which = outcome === undefined ? 'attempts' : `${outcome}-attempts`.replaceAll('_', '-');
        const about = `${which}-of-sweep-${id.slice(0, 8).toLowerCase()}`;
        return send(request, reply, { about, extension: 'csv' }, csvOf(ATTEMPT_COLUMNS, pages, end));
      },
    );
  };

  /** The first page is read at once: what is wrong with the request, or with the database, can still be answered. */
  async function walk(query: Type.Static<typeof FilterQuery>) {
    refuseOtherTenant(query.tenant, tenant);
    const home = homeOf(deps);
    await home.sweeper.fresh.ifOld();
    const filter = { ...query, sort: query.sort ?? 'urgent', limit: PAGE } as const;
    const read = async (cursor?: string) => {
      const page = await walkOrphans(home.database, tenant, { ...filter, cursor });
      return { ...page, acting: actingNow(deps.config, home, page.standing) };
    };
    const first = await read();
    const backend = explainedBackend(deps.config);
    const pages = onWire(pagesFrom(first, read), ({ items, acting }) =>
      items.map((row) => orphanOnWire(row, acting, backend)),
    );
    return { pages, age: { observedAt: iso(first.observedAt), stale: first.stale } };
  }
}

interface Age {
  readonly observedAt: string | null;
  readonly stale: boolean;
}

function asOf({ observedAt, stale }: Age): string {
  if (observedAt === null) return '(the platform was never looked at)';
  return `as of ${observedAt}${stale ? ' (stale: the platform could not be looked at)' : ''}`;
}

async function* onWire<Page, Row>(
  pages: AsyncIterable<Page>,
  rowsOf: (page: Page) => Row[],
): AsyncGenerator<Row[], void, undefined> {
  for await (const page of pages) yield rowsOf(page);
}

/** Page by page; a spreadsheet sees by the last row that it has them all. */
async function* csvOf<Row>(
  columns: Columns<Row>,
  pages: AsyncIterable<readonly Row[]>,
  end: (rows: number) => string,
): AsyncGenerator<string, void, undefined> {
  yield csvHead(columns);
  let count = 0;
  for await (const rows of pages) {
    count += rows.length;
    if (rows.length > 0) yield csvRows(columns, rows);
  }
  yield csvEnd(columns, end(count));
}

async function* jsonOf(
  pages: AsyncIterable<readonly Orphan[]>,
  { observedAt, stale }: Age,
): AsyncGenerator<string, void, undefined> {
  yield `{"observedAt":${JSON.stringify(observedAt)},"stale":${stale},"items":[`;
  let count = 0;
  for await (const rows of pages) {
    const text = rows.map((row) => JSON.stringify(row)).join(',\n');
    if (text !== '') yield `${count === 0 ? '\n' : ',\n'}${text}`;
    count += rows.length;
  }
  yield `\n],"count":${count},"complete":true}\n`;
}
