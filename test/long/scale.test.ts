import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveBreaker } from '../../server/sweep/breaker-row.ts';
import { retain } from '../../server/sweep/retention.ts';
import { type Api, createApi } from '../support/api.ts';
import { type Carried, listenToPlans, type Plans, tellPlans } from '../support/plans.ts';
import { DRAIN, fillHome, fillPlatform, launchInstances, MOST_TRIED, OPEN } from '../support/scale.ts';
import { sweepOnce } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

/**
 * 100,000 open orphans, 400,000 resolved ones, a million attempts. What is compared are pages of the database that a
 * statement looked at, and rows: they are the same on every machine.
 */
const BIG = ['orphans', 'attempts', 'sweeps', 'samples', 'audit'];
/** Rows that one statement may look at: those that are open, to find and to lock them; never all that are kept. */
const MOST_ROWS: Readonly<Record<string, number>> = { orphans: 2.2 * OPEN, sweeps: 100_000 };
const MOST_ROWS_ELSEWHERE = 50_000;
const FILL_MS = 600_000;
/** Of a statement: what it reads is the same on every machine, and how long that takes is not. */
const PATIENCE_MS = 60_000;

let world: World;
let api: Api;
let plans: Plans;
const figures: string[] = [];

beforeAll(async () => {
  plans = listenToPlans();
  world = await createWorld({
    indexes: true,
    statementTimeoutMs: PATIENCE_MS,
    prepareHome: async (home) => {
      await fillHome(home);
      await tellPlans(home);
    },
  });
  await fillPlatform(world);
  await launchInstances(world);
  api = await createApi(world);
}, FILL_MS);
afterAll(async () => {
  console.log(['buffers       ms', ...figures].join('\n'));
  await api.close();
  await world.close();
});

/** What happened meanwhile at home; nothing that is large was read as a whole. */
async function carriedOut(what: string, run: () => Promise<unknown>): Promise<readonly Carried[]> {
  const carried = await plans.during(run);
  expect(carried, what).not.toHaveLength(0);
  const sum = (of: (one: Carried) => number) => carried.reduce((all, one) => all + of(one), 0);
  const buffers = String(sum((one) => one.buffers)).padStart(7);
  figures.push(
    `${buffers} ${sum((one) => one.ms)
      .toFixed(1)
      .padStart(8)}  ${what} (${carried.length} statements)`,
  );
  for (const { readWhole, lookedAt, text, plan } of carried) {
    expect(
      readWhole.filter((table) => BIG.includes(table)),
      `${text}\n${plan}`,
    ).toEqual([]);
    // An index can be read from one end to the other, too.
    for (const table of BIG) {
      const most = MOST_ROWS[table] ?? MOST_ROWS_ELSEWHERE;
      expect(lookedAt.get(table) ?? 0, `${text}\n${plan}`).toBeLessThan(most);
    }
  }
  return carried;
}

interface Page {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
}

const call = (url: string) => async (): Promise<Page> => {
  const answer = await api.call<Page>(url);
  expect(answer.status, answer.text).toBe(200);
  return answer.body;
};

const cursorOf = (order: string, keys: readonly string[]) =>
  Buffer.from(JSON.stringify([order, ...keys])).toString('base64url');

/** The keys of the last row of page 999, and the ids of page 1,000, by the plainest statement that there is. */
async function page1000(from: string, keys: readonly string[], direction: 'asc' | 'desc', id: string, limit: number) {
  const columns = keys.map((key, i) => `(${key})::text as key_${i}`);
  const { rows } = await world.home.query<Record<string, string>>(
    `select ${id} as shown, ${columns.join(', ')} from ${from}
     order by ${keys.map((key) => `${key} ${direction}`).join(', ')} offset $1 limit $2`,
    [999 * limit - 1, limit + 1],
  );
  const [last, ...page] = rows;
  return { keys: keys.map((_, i) => last?.[`key_${i}`] ?? ''), ids: page.map(({ shown }) => shown) };
}

const OPEN_ORPHANS = `sweeper.orphans where tenant = 'default' and resolved_at is null`;
const RANK = 'case when hold_until > now() then 2 when stuck_at <= now() then 0 else 1 end';
const lists: readonly {
  readonly url: string;
  readonly order: string;
  readonly from: string;
  readonly keys: readonly string[];
  readonly direction: 'asc' | 'desc';
  readonly id: readonly [column: string, field: string];
}[] = [
  ...[
    { sort: 'urgent', keys: [RANK, 'orphaned_at', 'id'], direction: 'asc' },
    { sort: 'oldest', keys: ['orphaned_at', 'id'], direction: 'asc' },
    { sort: 'newest', keys: ['orphaned_at', 'id'], direction: 'desc' },
    { sort: 'attempts', keys: ['attempts', 'id'], direction: 'desc' },
    { sort: 'name', keys: ['left(coalesce(workspace_name, workspace_id), 200)', 'id'], direction: 'asc' },
  ].map(({ sort, keys, direction }) => ({
    url: `/api/orphans?sort=${sort}`,
    order: sort,
    from: OPEN_ORPHANS,
    keys,
    direction: direction === 'asc' ? ('asc' as const) : ('desc' as const),
    id: ['instance_id', 'instanceId'] as const,
  })),
  ...[
    { url: '/api/audit?', order: 'newest_act', from: 'audit', at: 'at' },
    { url: '/api/sweeps?', order: 'newest_sweep', from: 'sweeps', at: 'requested_at' },
    { url: '/api/sweeps?trigger=interval', order: 'newest_sweep', from: 'sweeps', at: 'requested_at' },
    {
      url: '/api/sweeps?quiet=false&limit=20',
      order: 'newest_sweep',
      from: `sweeps where result <> 'nothing_to_do'`,
      at: 'requested_at',
    },
    {
      url: `/api/orphans/${MOST_TRIED}/attempts?limit=20`,
      order: 'newest_attempt',
      from: `attempts where workspace_id = '${MOST_TRIED}'`,
      at: 'started_at',
    },
    {
      url: `/api/sweeps/${DRAIN}/attempts?limit=20`,
      order: 'newest_attempt',
      from: `attempts where sweep_id = '${DRAIN}'`,
      at: 'started_at',
    },
  ].map(({ url, order, from, at }) => ({
    url,
    order,
    from: `sweeper.${from}`,
    keys: [at, 'id'],
    direction: 'desc' as const,
    id: ['id', 'id'] as const,
  })),
];

describe('a list', () => {
  it.each(lists)(
    'costs the same on page 1,000 as on page 1: $url',
    async ({ url, order, from, keys, direction, id }) => {
      const limit = Number(/limit=(\d+)/.exec(url)?.[1] ?? 50);
      const [column, field] = id;
      const expected = await page1000(from, keys, direction, column, limit);
      expect(expected.ids).toHaveLength(limit);
      // So that no page has to have the platform looked at first.
      await api.sweeper.fresh.now();
      const first = await carriedOut(`${url} page 1`, call(url));
      let page: Page | null = null;
      const far = await carriedOut(`${url} page 1,000`, async () => {
        page = await call(`${url}&cursor=${cursorOf(order, expected.keys)}`)();
      });
      expect(page).toMatchObject({ items: expected.ids.map((shown) => ({ [field]: shown })) });
      // Only the first page has to count what is folded before it.
      expect(far).toHaveLength(first.length - (url.includes('quiet=false') ? 1 : 0));
      for (const [i, { buffers, text, plan }] of far.entries()) {
        expect(buffers, `${text}\n${plan}`).toBeLessThanOrEqual(1.5 * (first[i]?.buffers ?? 0));
      }
    },
  );
});

describe('a question to the console', () => {
  it.each([
    '/api/status',
    '/metrics',
    '/api/history?window=24h',
    '/api/history?window=7d',
    '/api/orphans?state=stuck',
    '/api/orphans?state=held',
    '/api/orphans?state=waiting',
    '/api/orphans?class=rejected',
    '/api/orphans?cause=0123456789ab',
    '/api/orphans?why=row_gone',
    '/api/orphans?q=dev-77',
    '/api/sweeps?trigger=manual',
    '/api/sweeps?result=failed',
    `/api/sweeps/${DRAIN}`,
    `/api/sweeps/${DRAIN}/attempts?outcome=would_stop`,
    `/api/audit?target=${MOST_TRIED}`,
    `/api/sweeps/${DRAIN}/attempts?outcome=shared`,
    `/api/orphans/${MOST_TRIED}`,
  ])('reads nothing large as a whole: %s', async (url) => {
    await api.sweeper.fresh.now();
    await carriedOut(url, call(url));
  });
});

describe('what a person does', () => {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const said = { actor: 'Anna', reason: 'looking at it' };
  const hold = `/api/orphans/${MOST_TRIED}/hold`;
  it.each([
    ['PUT', hold, { ...said, until }],
    ['DELETE', hold, said],
    ['PUT', '/api/pause', { ...said, until }],
    ['DELETE', '/api/pause', said],
    ['POST', '/api/sweeps', { ...said, expected: OPEN, workspaceIds: undefined }],
  ] as const)('reads nothing large as a whole: %s %s', async (method, url, payload) => {
    await carriedOut(`${method} ${url}`, async () => {
      const answer = await api.call({ method, url, payload });
      expect(answer.status, answer.text).toBeLessThan(300);
    });
    await world.home.query(
      "update sweeper.sweeps set finished_at = now(), result = 'cancelled' where result = 'queued'",
    );
  });
});

describe('a sweep', () => {
  it('of which nothing is new to the inventory reads the open orphans once, to compare', async () => {
    const carried = await carriedOut('a look', () => world.observe());
    expect(Math.max(...carried.map((one) => one.lookedAt.get('orphans') ?? 0))).toBe(OPEN);
  });

  it('comes to its end within its deadline', async () => {
    const carried = await carriedOut('a sweep of 100', async () => {
      const end = await sweepOnce(world);
      expect(end).toMatchObject({ result: 'cleared', deferred: 0, counts: { stopped: 100 }, error: null });
    });
    const claim = carried.find(({ text }) => text.includes('skip locked'));
    expect(claim?.lookedAt.get('orphans')).toBeLessThan(1_000);
  });

  it('comes to its end while the control plane is back, of which a random orphan is the probe', async () => {
    await world.home.query(`
      update sweeper.tenants set breaker_opened_at = now(), breaker_class = 'unreachable', excused_since = now()`);
    await carriedOut('a sweep whose probe closes the breaker', async () => {
      expect(await sweepOnce(world)).toMatchObject({ result: 'cleared', deferred: 0, counts: { stopped: 100 } });
    });
  });

  it('comes to its end beside the deletion of a million old attempts, a thousand at a time', async () => {
    const before = await countOld();
    expect(before).toBeGreaterThan(1_000_000);
    for (let turn = 1; turn <= 3; turn += 1) {
      const carried = await carriedOut('a sweep, and the deletion of what is old', async () => {
        const [end] = await Promise.all([sweepOnce(world), retain(world.homeDatabase, 'default')]);
        expect(end).toMatchObject({ result: 'cleared', deferred: 0, counts: { stopped: 100 } });
      });
      expect(await countOld()).toBe(before - turn * 1_000);
      for (const { text, lookedAt, plan } of carried) {
        if (!/delete from .* interval '90 days'/s.test(text)) continue;
        for (const table of BIG) expect(lookedAt.get(table) ?? 0, `${text}\n${plan}`).toBeLessThanOrEqual(2_000);
      }
    }
  });
});

/** What happens to all that are open at once. One statement about all of them would not end within its time limit. */
describe('a hundred thousand at once', () => {
  let incident: World;
  beforeAll(async () => {
    incident = await createWorld({
      indexes: true,
      statementTimeoutMs: PATIENCE_MS,
      prepareHome: tellPlans,
      settings: { surgeLimit: 'unlimited' },
    });
    await incident.leakMany(OPEN);
    return () => incident.close();
  }, FILL_MS);

  /** The statements that begin like this. */
  const of = (carried: readonly Carried[], text: RegExp) => carried.filter((one) => text.test(one.text.trim()));
  const look = () => carriedOut('a look at 100,000 changes', () => incident.observe());

  it('are found by one look, in batches', async () => {
    expect(of(await look(), /^insert into "sweeper"."orphans"/)).toHaveLength(OPEN / 5_000);
    expect(await numbers('count(*)')).toBe(OPEN);
  });

  it('get another name in one look, in batches', async () => {
    await incident.platformDatabase.query(`update workspaces set name = name || ' renamed'`);
    expect(of(await look(), /^update .* set workspace_name/s)).toHaveLength(OPEN / 5_000);
    expect(await numbers(`count(*) filter (where workspace_name like '% renamed')`)).toBe(OPEN);
  });

  it('are due when the control plane is back, and its absence counts once for each', async () => {
    const beganMs = performance.now();
    await incident.home.query(`
      update sweeper.orphans set last_outcome = 'failed', last_fault = 'control_plane', failures = 1,
        next_attempt_at = now() + interval '1 h', last_error_at = now(), stuck_at = now() + interval '15 min';
      update sweeper.tenants set breaker_opened_at = now() - interval '10 min',
        excused_since = now() - interval '10 min'`);
    await carriedOut('the end of an outage for 100,000', () =>
      saveBreaker(incident.homeDatabase, 'default', { recovered: true, open: false, run: [], cause: null }),
    );
    expect(await numbers('count(*) filter (where next_attempt_at <= now())')).toBe(OPEN);
    expect(await numbers('count(distinct stuck_at)')).toBe(1);
    // A quarter of an hour, the ten minutes of the outage, and what it went on until it was ended here.
    const lastedS = (performance.now() - beganMs) / 1_000;
    const addedS = (await numbers('extract(epoch from min(stuck_at - last_error_at))')) - 15 * 60;
    expect(addedS).toBeGreaterThanOrEqual(10 * 60);
    expect(addedS).toBeLessThanOrEqual(10 * 60 + lastedS + 1);
  });

  it('are filed away by one look, in batches', async () => {
    await incident.platformDatabase.query(`update workspaces set status = 'online'`);
    expect(of(await look(), /^update "sweeper"."orphans" set "resolved_at"|^update .*"resolution"/s)).toHaveLength(
      OPEN / 5_000,
    );
    expect(await numbers(`count(*) filter (where resolution = 'restored')`)).toBe(OPEN);
  });

  async function numbers(expression: string): Promise<number> {
    const { rows } = await incident.home.query<{ number: number }>(
      `select (${expression})::int as number from sweeper.orphans`,
    );
    return rows[0]?.number ?? Number.NaN;
  }
});

async function countOld(): Promise<number> {
  const { rows } = await world.home.query<{ count: number }>(
    `select count(*)::int as count from sweeper.attempts where started_at < now() - interval '90 days'`,
  );
  return rows[0]?.count ?? 0;
}
