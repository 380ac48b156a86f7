import { type SQL, sql } from 'drizzle-orm';

/** A cursor that no list of ours has given out. */
export class CursorError extends Error {
  readonly code = 'invalid_cursor';
}

/** The types a list is sorted by; ids come last, so that equal keys lose no row. */
export type KeyType = 'timestamptz' | 'uuid' | 'integer' | 'text';

export interface SortKey {
  readonly expression: SQL;
  readonly type: KeyType;
}

/** How a list is walked: keyset pages, so that rows which come and go meanwhile are neither skipped nor doubled. */
export interface Order {
  /** A cursor belongs to the order that it was given out for. */
  readonly name: string;
  readonly keys: readonly SortKey[];
  /** All keys go one way: then an index leads to where a page begins, however far down the list that is. */
  readonly descending: boolean;
}

const TIMESTAMP =
  /^(?<year>\d{4}|[1-9]\d{4,5})-(?<rest>\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}$/;

/** What the database would take for a value of this type: it must never be the one that refuses a cursor. */
const IS_VALUE: Readonly<Record<KeyType, (text: string) => boolean>> = {
  timestamptz: isTimestamp,
  uuid: (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text),
  integer: (text) => /^-?\d{1,9}$/.test(text),
  text: (text) => !text.includes('\0'),
};

function isTimestamp(text: string): boolean {
  const { year = '', rest = '' } = TIMESTAMP.exec(text)?.groups ?? {};
  const date = new Date(`+${year.padStart(6, '0')}-${rest.replace(' ', 'T')}Z`);
  // A day that its month does not have comes back as one of the next month.
  return (
    Number(year) > 0 && !Number.isNaN(date.getTime()) && date.toISOString().slice(-19, -5) === rest.replace(' ', 'T')
  );
}

/** The keys of a row as text, with all the digits the database has: a JavaScript date would lose the microseconds. */
export function keysOf(order: Order): SQL<string[]> {
  return sql<string[]>`array[${sql.join(
    order.keys.map((key) => sql`(${key.expression})::${sql.raw(key.type)}::text`),
    sql`, `,
  )}]`;
}

export function orderBy({ keys, descending }: Order): SQL[] {
  return keys.map(({ expression }) => (descending ? sql`${expression} desc` : sql`${expression} asc`));
}

/** What comes after a cursor in this order. Compared as rows: an index serves that, and no `or` of the same meaning. */
export function afterCursor(order: Order, cursor: string): SQL {
  return after(order, valuesOf(order, cursor));
}

/** What comes after these values of its keys. */
export function after({ keys, descending }: Pick<Order, 'keys' | 'descending'>, values: readonly string[]): SQL {
  const expressions = keys.map(({ expression }) => expression);
  const literals = keys.map(({ type }, i) => sql`${values[i]}::${sql.raw(type)}`);
  const beyond = sql.raw(descending ? '<' : '>');
  return sql`(${sql.join(expressions, sql`, `)}) ${beyond} (${sql.join(literals, sql`, `)})`;
}

/** Splits off the row that only tells that there is a next page. */
export function pageOf<Row extends { readonly keys: string[] }>(order: Order, rows: readonly Row[], limit: number) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? cursorOf(order, last.keys) : null;
  return { page, nextCursor };
}

/** Where a list goes on behind the row that has these keys. */
export function cursorOf(order: Order, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([order.name, ...keys])).toString('base64url');
}

/**
 * The keys of the row behind which a cursor goes on.
 *
 * @throws CursorError when it was given out for another order, or by nobody
 */
export function valuesOf(order: Order, cursor: string): string[] {
  const [name, ...values] = textsOf(cursor);
  const fits =
    name === order.name &&
    values.length === order.keys.length &&
    order.keys.every((key, i) => IS_VALUE[key.type](values[i] ?? ''));
  if (!fits) throw new CursorError('cursor: not one that this list gave out for this sort. Start without it.');
  return values;
}

function textsOf(cursor: string): string[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parsed) && parsed.every((one) => typeof one === 'string') ? parsed : [];
  } catch {
    return [];
  }
}

/** All pages of a list. Each is read when it is asked for, and let go when the next one is. */
export async function* pagesFrom<Page extends { readonly nextCursor: string | null }>(
  first: Page,
  read: (cursor: string) => Promise<Page>,
): AsyncGenerator<Page, void, undefined> {
  let page = first;
  yield page;
  while (page.nextCursor !== null) {
    page = await read(page.nextCursor);
    yield page;
  }
}
