import { DrizzleQueryError, type SQL } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';

/** Statements of one transaction, through drizzle's builder or `execute`. */
export type Transaction = NodePgDatabase;

/** The database could not be asked, or answered with an error. `cause` is what it was. */
export class DatabaseFailure extends Error {
  readonly code = 'database_failure';
  constructor(cause: unknown) {
    super(rootCause(cause).message, { cause });
  }
}

/** One PostgreSQL database, reached through a pool. Nothing of a session outlives a transaction (PgBouncer). */
export interface Database {
  /**
   * Runs statements in one transaction and commits; rolls back and rethrows what `run` throws. Every transaction is
   * limited in time, a statement and idle, so that a frozen process cannot hold anybody's rows.
   *
   * @throws DatabaseFailure when the database is what failed
   */
  transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * One statement in a transaction of its own, limited like every other: `begin`, statement and `commit` are sent
   * together and take one round trip.
   *
   * @throws DatabaseFailure when the database is what failed
   */
  statement<Row extends pg.QueryResultRow>(statement: SQL): Promise<pg.QueryResult<Row>>;
  /** The user that the connection string names, for sentences about grants. */
  readonly user: string;
  /** `host:port/database`, for sentences and fingerprints; never the password. */
  readonly place: string;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** Connections at most. */
  readonly max: number;
  /** `set local row_security = off`: a policy becomes an error instead of hiding rows. For the platform's database. */
  readonly rowSecurityOff?: boolean;
  /**
   * `set local enable_seqscan = off`: no table is read from one end to the other where an index leads to what is wanted,
   * also while the server's statistics are older than a hundred thousand new rows. For the home database, which has the
   * indexes that its statements need.
   */
  readonly indexesOnly?: boolean;
  /** How long the server may take over one statement, in milliseconds; 5000 unless told. */
  readonly statementTimeoutMs?: number;
  /** Told of a connection that broke, idle or in use. The pool replaces it by itself. */
  readonly onError: (error: Error) => void;
}

const STATEMENT_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Ends a wait on a server that accepts and then says nothing: its own statement timeout cannot. */
const SILENCE_MS = 3_000;

const dialect = new PgDialect();

/** Opens no connection by itself: the first transaction does. */
export function connect(url: string, options: ConnectOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // What does not depend on an answer is sent without waiting for it, `begin` first of all.
    pipeline: true,
  });
  pool.on('error', options.onError);
  // Without a listener of its own, a client that breaks while it is checked out ends the process.
  pool.on('connect', (client) => client.on('error', options.onError));
  // Without a host a user is no URL, though pg takes it: then the host is the folder of a Unix socket.
  const parsed = new URL(url.replace('@/', '@localhost/'));
  const host = parsed.searchParams.get('host') ?? parsed.hostname;
  const begin = beginStatement(statementTimeoutMs, options);

  const checkOut = (): Promise<pg.PoolClient> =>
    pool.connect().catch((error: unknown) => {
      throw new DatabaseFailure(error);
    });

  return {
    user: decodeURIComponent(parsed.username),
    place: `${host}:${parsed.port || '5432'}${decodeURIComponent(parsed.pathname)}`,
    async transaction(run) {
      const client = await checkOut();
      let unusable = false;
      try {
        // Also what is thrown at once, as for a cursor that is none: nobody would wait for the answer to `begin`, and one
        // that does not come would end the process.
        const running = async () => run(drizzle(client));
        // What goes out behind a `begin` that fails is refused by the server: there is no way past the limits.
        const [begun, ran] = await Promise.allSettled([client.query(begin), running()]);
        throwFailureOf(begun);
        if (ran.status === 'rejected') throw ofDatabase(ran.reason);
        throwFailureOf(...(await Promise.allSettled([client.query('commit')])));
        return ran.value;
      } catch (error) {
        unusable = !(await rolledBack(client, error));
        throw error;
      } finally {
        client.release(unusable);
      }
    },
    async statement<Row extends pg.QueryResultRow>(statement: SQL) {
      const { sql, params } = dialect.sqlToQuery(statement);
      const client = await checkOut();
      const [begun, ran, committed] = await inOnePacket(client, () =>
        Promise.allSettled([client.query(begin), client.query<Row>(sql, params), client.query('commit')]),
      );
      // A `commit` that was answered has ended the transaction, whatever became of the statement.
      client.release(committed.status === 'rejected');
      throwFailureOf(begun, ran, committed);
      if (ran.status === 'rejected') throw ran.reason;
      return ran.value;
    },
    close: () => pool.end(),
  };
}

/** Each write of its own would wake the server once more. */
function inOnePacket<T>(client: pg.PoolClient, send: () => T): T {
  if (!(client instanceof pg.Client)) return send();
  client.connection.stream.cork();
  try {
    return send();
  } finally {
    client.connection.stream.uncork();
  }
}

function throwFailureOf(...results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw new DatabaseFailure(result.reason);
}

/** What `run` throws by itself is the caller's; what its statements throw is the database's. */
function ofDatabase(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? new DatabaseFailure(error) : error;
}

/** One round trip: everything that limits a transaction goes with its `begin`. */
function beginStatement(statementTimeoutMs: number, { rowSecurityOff, indexesOnly }: ConnectOptions): string {
  return [
    'begin',
    `set local statement_timeout = ${statementTimeoutMs}`,
    `set local idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`,
    // So that `now()` written to a column without time zone is UTC, as which it is read.
    "set local timezone = 'UTC'",
    ...(rowSecurityOff ? ['set local row_security = off'] : []),
    ...(indexesOnly ? ['set local enable_seqscan = off'] : []),
  ].join('; ');
}

/** Whether the connection may be used again. Where the server did not answer, only closing it ends the transaction. */
async function rolledBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  if (databaseErrorOf(error) === null) return false;
  return client.query('rollback').then(
    () => true,
    () => false,
  );
}

/** What the server itself answered, wherever it hides in the chain of causes; null if it answered nothing. */
export function databaseErrorOf(error: unknown): pg.DatabaseError | null {
  return causesOf(error).find((cause) => cause instanceof pg.DatabaseError) ?? null;
}

/** From the outermost to the innermost; each once, for a library may have closed the circle. */
function causesOf(error: unknown): Error[] {
  const causes = new Set<Error>();
  for (let cause = error; cause instanceof Error && !causes.has(cause); cause = cause.cause) causes.add(cause);
  return [...causes];
}

/** The error at the root of the chain: drizzle wraps what went wrong in the text of the statement. */
export function rootCause(error: unknown): Error {
  const root = causesOf(error).at(-1);
  if (root === undefined) return new Error(String(error));
  // A name with several addresses, none of which answered: the error about them all has an empty message.
  const [first]: unknown[] = root instanceof AggregateError ? root.errors : [];
  return first instanceof Error ? first : root;
}
