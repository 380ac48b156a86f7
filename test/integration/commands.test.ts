import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import type { Environment } from '../../server/environment.ts';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import { audited, everything, latchBrake } from '../support/acting.ts';
import { createApi } from '../support/api.ts';
import { type CommandAnswer, type CommandOptions, typed } from '../support/command.ts';
import { settingsFor } from '../support/process.ts';
import { gate, startAfresh, stops } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await startAfresh(world);
  // The processes of these tests find the platform under its real address.
  await world.home.query('update sweeper.tenants set platform_fingerprint = $1', [fingerprint()]);
});

function fingerprint(): string {
  const { hostname, port, pathname } = new URL(world.platformDatabase.url);
  return `${hostname}:${port || '5432'}${pathname} public.workspaces`;
}

const settings = (env: Environment = {}): Environment => ({ ...settingsFor(world), ...env });
const run = (line: readonly string[], env: Environment = {}, options?: CommandOptions) =>
  typed(line, settings(env), options);
const observe = () => world.observe({ fingerprint: fingerprint() });
/** What it said, where that is to be one document. */
function document<Body>({ out }: CommandAnswer): Body {
  expect(out).toHaveLength(1);
  return JSON.parse(out[0] ?? '');
}

const AWAY = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };

describe('brake release', () => {
  const release = (orphans: number, ...more: string[]) =>
    run(['brake', 'release', '--reason', 'we deleted them', '--orphans', String(orphans), ...more]);
  const latched = async () =>
    (await world.home.query<{ at: Date | null }>('select brake_at as at from sweeper.tenants')).rows[0]?.at !== null;

  it('covers the orphans that are there, and tells by whom and from where', async () => {
    await world.leakMany(20);
    await observe();
    await latchBrake(world);
    const answer = await release(20);
    expect(answer).toEqual({
      exit: 0,
      err: [],
      out: ['Released for 20 orphans by tess (command line): the next sweep stops what is due.'],
    });
    expect(await latched()).toBe(false);
    expect(await audited(world)).toEqual([
      {
        action: 'release_brake',
        actor: 'tess (command line)',
        verified: false,
        address: null,
        target: null,
        reason: 'we deleted them',
        refused: null,
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
  });

  it('looks first: more than a tenth more than were seen are refused with their number, which is written down', async () => {
    await world.leakMany(20);
    await observe();
    await latchBrake(world);
    await world.leakMany(3);
    const refused = await release(20, '--actor', 'Anna');
    expect(refused).toEqual({ exit: 1, out: [], err: ['20 were on the screen, but 23 wait by now.'] });
    expect(await latched()).toBe(true);
    expect(await audited(world)).toMatchObject([
      { action: 'release_brake', actor: 'Anna (command line)', refused: 'brake_moved' },
    ]);
    expect(document(await release(23, '--json'))).toEqual({ released: 23, coveredUntil: expect.any(String) });
  });

  it('is refused where nothing is latched; as JSON with the code of the API', async () => {
    const refused = await release(0, '--json');
    expect(refused.exit).toBe(1);
    expect(document(refused)).toEqual({
      error: { code: 'brake_not_latched', message: 'The brake is not latched: there is nothing to release.' },
    });
    expect(refused.err).toHaveLength(1);
  });

  it('says of a platform that cannot be looked at that it could not be done', async () => {
    await world.leak();
    await observe();
    await latchBrake(world);
    await world.platformDatabase.query('alter table workspaces rename to elsewhere');
    onTestFinished(() =>
      world.platformDatabase.query('alter table elsewhere rename to workspaces').then(() => undefined),
    );
    const answer = await release(1);
    expect(answer.exit).toBe(3);
    expect(answer.err[0]).toMatch(/^Not released: .*PLATFORM_TABLE/);
    expect(await latched()).toBe(true);
  });

  it("of a tenant that is another platform's is refused, and leaves no trace there", async () => {
    await world.home.query(`update sweeper.tenants set platform_fingerprint = 'other', brake_at = now()`);
    const answer = await release(0);
    expect(answer).toMatchObject({ exit: 1, out: [] });
    expect(answer.err[0]).toMatch(/knows the tenant default as the platform other/);
    expect(await audited(world)).toEqual([]);
    expect(await latched()).toBe(true);
  });

  it('needs a name, and takes no other one than the API does', async () => {
    const line = ['brake', 'release', '--reason', 'x', '--orphans', '0'];
    await expect(run(line, {}, { userName: null })).rejects.toThrow(/^--actor is missing/);
    await expect(run([...line, '--actor', 'x'.repeat(81)])).rejects.toThrow(/--actor must be 1 to 80 characters/);
    await expect(run(['brake', 'release', '--reason', ' ', '--orphans', '0'])).rejects.toThrow(/--reason must be/);
  });
});

describe('sweep --once', () => {
  it('stops what is due, says so of each, and writes down who asked', async () => {
    const leaked = await world.leakMany(3);
    const answer = await run(['sweep', '--once', '--reason', 'a look']);
    expect(answer).toMatchObject({ exit: 0, err: [] });
    // Begun together: in which order they are told is nobody's promise.
    expect(answer.out.slice(0, 3).sort()).toEqual(
      leaked.map((row) => expect.stringMatching(new RegExp(`^stopped  ${row.name}  ${row.id}  ${row.instance_id}`))),
    );
    expect(answer.out[3]).toMatch(/^Sweep [0-9a-f-]{36}: cleared, 3 stopped; 0 orphans open\.$/);
    expect(stops(world).sort()).toEqual(leaked.map((row) => row.instance_id).sort());
    const [sweep] = await world.sweeps();
    expect(sweep).toMatchObject({ trigger: 'manual', result: 'cleared', replica: 'command-test' });
    expect(await audited(world)).toMatchObject([{ action: 'sweep', actor: 'tess (command line)', target: sweep?.id }]);
  });

  it('as JSON is the sweep of the API, with its attempts; one that failed is exit code 1', async () => {
    const [bad, good] = await world.leakMany(2);
    world.controlPlane.fail(bad?.instance_id ?? '', { kind: 'status', status: 400, body: 'no such thing' });
    const answer = await run(['sweep', '--once', '--json']);
    expect(answer).toMatchObject({ exit: 1, err: [] });
    const { attempts, ...sweep } = document<{ attempts: unknown[] }>(answer);
    const api = await createApi(world);
    onTestFinished(() => api.close());
    expect(sweep).toEqual((await api.call<unknown>(`/api/sweeps/${(await world.sweeps())[0]?.id}`)).body);
    expect(attempts).toHaveLength(2);
    expect(attempts).toContainEqual(expect.objectContaining({ instanceId: good?.instance_id, outcome: 'stopped' }));
    expect(attempts).toContainEqual(
      expect.objectContaining({
        instanceId: bad?.instance_id,
        outcome: 'failed',
        error: expect.objectContaining({ class: 'rejected' }),
      }),
    );
  });

  it('--dry-run stops nothing', async () => {
    const leaked = await world.leak();
    const answer = await run(['sweep', '--once', '--dry-run']);
    expect(answer.exit).toBe(0);
    expect(answer.out[0]).toMatch(/^would stop {2}/);
    expect(answer.out[1]).toMatch(/^Dry run [^:]*: 1 would stop; 1 orphan open\.$/);
    expect(stops(world)).toEqual([]);
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    expect(await audited(world)).toMatchObject([{ action: 'dry_run' }]);
  });

  it('with nothing to do is done, and nothing starts under SWEEP_LIMIT=0', async () => {
    expect((await run(['sweep', '--once'])).out).toEqual([
      expect.stringMatching(/^Sweep .*: nothing to do; 0 orphans open\.$/),
    ]);
    const disabled = await run(['sweep', '--once'], { SWEEP_LIMIT: '0' });
    expect(disabled).toMatchObject({
      exit: 1,
      err: [expect.stringMatching(/^Nothing is being stopped: SWEEP_LIMIT is 0/)],
    });
    expect(await world.sweeps()).toHaveLength(1);
    expect(await audited(world)).toMatchObject([{ refused: null }, { refused: 'sweeper_disabled' }]);
  });

  it('is stopped by the brake, and not by a pause, which it names', async () => {
    await world.leak();
    await observe();
    await latchBrake(world);
    expect(await run(['sweep', '--once'])).toMatchObject({
      exit: 1,
      err: ['Nothing is stopped until a person releases the safety brake.'],
    });
    expect(stops(world)).toEqual([]);
    await world.home.query(`update sweeper.tenants set brake_at = null, paused_at = now(), paused_by = 'Anna',
      pause_reason = 'migration', pause_until = now() + interval '1 hour'`);
    const paused = await run(['sweep', '--once']);
    expect(paused.err).toEqual([
      expect.stringMatching(/^Paused by Anna until .*: a sweep by hand goes on all the same\.$/),
    ]);
    expect(paused.exit).toBe(0);
    expect(stops(world)).toHaveLength(1);
  });

  it('runs what was queued before it first, as every replica does', async () => {
    const [first, second] = await world.leakMany(2);
    const before = { workspaceIds: [first?.id ?? ''], expected: null, dryRun: false, drain: false };
    await world.schedule.enqueue(before, { ...BY_ITSELF, actor: 'Tess' });
    expect((await run(['sweep', '--once'])).exit).toBe(0);
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['cleared', 'cleared']);
    expect(stops(world)).toEqual([first?.instance_id, second?.instance_id]);
  });

  it('told to end stops no further one, and leaves nothing queued', async () => {
    const [leaked] = await world.leakMany(1);
    const { opened, open } = gate();
    world.controlPlane.onStop(leaked?.instance_id ?? '', () => opened);
    onTestFinished(() => world.controlPlane.onStop(leaked?.instance_id ?? '', null));
    await world.leakMany(3);
    const told = new AbortController();
    const ours = run(['sweep', '--once'], { SWEEP_CONCURRENCY: '1' }, { told: told.signal });
    await until(() => stops(world).length === 1, { what: 'the first Stop' });
    told.abort();
    open();
    const answer = await ours;
    expect(answer.exit).toBe(1);
    expect(answer.out.at(-1)).toMatch(/: interrupted, 1 (stopped|interrupted), 3 deferred; /);
    expect(stops(world)).toHaveLength(1);

    const waits = new AbortController();
    await world.home.query(
      `update sweeper.tenants set lease_holder = 'another', lease_sweep_id = gen_random_uuid(), lease_until = now() + interval '1 hour'`,
    );
    const queued = run(['sweep', '--once'], {}, { told: waits.signal });
    await until(async () => (await world.sweeps()).some(({ result }) => result === 'queued'), { what: 'it to wait' });
    waits.abort();
    expect((await queued).exit).toBe(1);
    expect((await world.sweeps()).map(({ result }) => result)).toEqual(['interrupted', 'cancelled']);
  });

  it('says of a home database that is away that nothing could be done', async () => {
    const answer = await run(['sweep', '--once', '--json'], AWAY);
    expect(answer.exit).toBe(3);
    expect(document(answer)).toMatchObject({ error: { code: 'database_failure' } });
  });
});

describe('orphans', () => {
  it('lists what is remembered, with its age, and asks nobody', async () => {
    const leaked = await world.leakMany(3);
    await observe();
    await world.leak();
    const before = await everything(world);
    const answer = await run(['orphans', '--sort', 'oldest', '--limit', '2']);
    expect(answer).toMatchObject({ exit: 0, err: [] });
    expect(answer.out[0]).toMatch(/^STATE {4}SINCE +NAME +WORKSPACE +INSTANCE +WHY IT IS STILL HERE$/);
    expect(answer.out[1]).toMatch(
      new RegExp(`^waiting  23 h 59 min  ${leaked[0]?.name}  ${leaked[0]?.id}  ${leaked[0]?.instance_id}  Its `),
    );
    expect(answer.out[3]).toMatch(/^2 of 3 orphans; looked at \d+ s ago, \d{4}-.*Z\.$/);
    expect(answer.out).toHaveLength(4);
    expect(await everything(world)).toEqual(before);
  });

  it('as JSON is the list of the API, all pages of it', async () => {
    await world.leakMany(205);
    await observe();
    const answer = await run(['orphans', '--limit', '1000', '--sort', 'oldest', '--json']);
    const { items, ...rest } = document<OrphanListAnswer>(answer);
    expect(items).toHaveLength(205);
    expect(new Set(items.map(({ instanceId }) => instanceId)).size).toBe(205);
    expect(rest).toMatchObject({ total: 205, nextCursor: null, stale: false });
    const api = await createApi(world);
    onTestFinished(() => api.close());
    const page = (await api.call<OrphanListAnswer>('/api/orphans?sort=oldest&limit=2')).body;
    const same = items.slice(0, 2).map(({ explanation: _, ...item }) => item);
    expect(same).toEqual(page.items.map(({ explanation: _, ...item }) => item));
  });

  it('filters by state, class, reason and text', async () => {
    const [bad, good] = await world.leakMany(2);
    world.controlPlane.fail(bad?.instance_id ?? '', { kind: 'status', status: 403 });
    await run(['sweep', '--once']);
    const ids = async (...line: string[]) =>
      document<OrphanListAnswer>(await run(['orphans', '--json', ...line])).items.map(({ instanceId }) => instanceId);
    expect(await ids()).toEqual([bad?.instance_id]);
    expect(await ids('--class', 'forbidden', '--why', 'removed')).toEqual([bad?.instance_id]);
    expect(await ids('--state', 'waiting')).toEqual([]);
    expect(await ids('--state', 'cleared', '--q', good?.name ?? '')).toEqual([good?.instance_id]);
    expect((await run(['orphans', '--q', 'nothing like it'])).out).toEqual([
      expect.stringMatching(/^0 orphans; looked at/),
    ]);
    await expect(run(['orphans', '--state', 'lost'])).rejects.toThrow(/--state is "lost"; it must be one of waiting/);
    await expect(run(['orphans', '--limit', '0'])).rejects.toThrow(/whole number from 1/);
  });

  it('shows no name that would move a cursor', async () => {
    await world.leak('evil\u001b[2Jname');
    await observe();
    expect((await run(['orphans'])).out.join('\n')).toContain('evil�[2Jname');
  });
});

describe('status', () => {
  it('says in its first line how it is, and with its exit code whether a person is needed', async () => {
    await observe();
    await world.home.query('update sweeper.tenants set alive_at = now()');
    const clear = await run(['status']);
    expect(clear.out[0]).toMatch(/^All clear: 0 orphans, looked at \d+ s ago/);
    expect(clear).toMatchObject({ exit: 0, err: [] });
    await world.leakMany(2);
    await observe();
    await latchBrake(world);
    const braked = await run(['status']);
    expect(braked.exit).toBe(1);
    expect(braked.out[0]).toMatch(/^Stopped by the safety brake: 1204 new orphans .* 2 wait for a release/);
    expect(braked.out.slice(1).map((line) => line.split('  ')[0])).toEqual([
      'orphans',
      'oldest',
      'platform',
      'control plane',
      'last sweep',
      'tenant',
    ]);
  });

  it('as JSON is the status of the API', async () => {
    await world.leak();
    await run(['sweep', '--once']);
    await observe();
    const before = await everything(world);
    const status = document<Status>(await run(['status', '--json']));
    expect(await everything(world)).toEqual(before);
    const api = await createApi(world);
    onTestFinished(() => api.close());
    const { body } = await api.call<Status>('/api/status');
    // It is nobody's in particular.
    expect(Object.keys(status).sort()).toEqual(
      Object.keys(body)
        .filter((name) => name !== 'you')
        .sort(),
    );
    expect(status).toMatchObject({
      counts: body.counts,
      tenant: 'default',
      replica: 'command-test',
      home: { state: 'answering' },
    });
    expect(status.sweeper.lastSweep).toEqual(body.sweeper.lastSweep);
  });

  it("of a tenant that is another platform's says so, and takes nothing", async () => {
    await world.home.query(`update sweeper.tenants set platform_fingerprint = 'other'`);
    const answer = await run(['status']);
    expect(answer.exit).toBe(1);
    expect(answer.out[0]).toMatch(/^Nothing is being stopped: .*knows the tenant default as the platform other/);
    await world.home.query('update sweeper.tenants set platform_fingerprint = null');
    await run(['status']);
    const { rows } = await world.home.query('select platform_fingerprint as known from sweeper.tenants');
    expect(rows).toEqual([{ known: null }]);
  });

  it('answers without its database as well, and says that with exit code 3', async () => {
    const answer = await run(['status', '--json'], AWAY);
    expect(answer.exit).toBe(3);
    expect(document<Status>(answer)).toMatchObject({ home: { state: 'failing' }, counts: null });
    expect((await run(['status'], AWAY)).out[0]).toMatch(/^The home database cannot be read: .*ECONNREFUSED/);
  });
});

describe('what only looks', () => {
  it.each([[['status']], [['orphans']]])('%j migrates nothing: an empty home database is exit code 3', async (line) => {
    const { platformDatabase } = world;
    const answer = await run(line, { DATABASE_URL: platformDatabase.url });
    expect(answer).toEqual({ exit: 3, out: [], err: [expect.stringMatching(/^Nothing is remembered yet/)] });
    const { rows } = await platformDatabase.query(`select to_regnamespace('sweeper') as there`);
    expect(rows).toEqual([{ there: null }]);
  });

  it('lists wrong settings with exit code 2, as JSON, too', async () => {
    const answer = await run(['status', '--json'], { PORT: 'http' });
    expect(answer.exit).toBe(2);
    expect(document(answer)).toMatchObject({
      error: { code: 'config_invalid', message: expect.stringContaining('PORT') },
    });
  });

  it('without a DATABASE_URL starts no embedded database where there is none', async () => {
    const { DATABASE_URL: _, PLATFORM_DATABASE_URL: __, ...rest } = settings();
    const answer = await typed(['orphans'], rest);
    expect(answer).toMatchObject({ exit: 3, err: [expect.stringMatching(/^Nothing is remembered yet/)] });
  });
});

describe('token', () => {
  const create = (...more: string[]) => run(['token', 'create', '--name', 'nightly', '--role', 'operator', ...more]);

  it('create prints one that opens the API, list names it, revoke ends it', async () => {
    await observe();
    expect((await run(['token', 'list'])).out).toEqual(['No API token is given out.']);
    const { exit, out } = await create('--reason', 'the nightly report');
    expect([exit, out]).toEqual([0, [expect.stringMatching(/^sweeper_[\w-]{43}$/)]]);
    const api = await createApi(world);
    onTestFinished(() => api.close());
    const ask = async () =>
      (await api.app.inject({ url: '/api/status', headers: { authorization: `Bearer ${out[0]}` } })).json<Status>();
    expect((await ask()).you).toEqual({ name: 'nightly', role: 'operator', proof: 'token' });
    expect((await run(['token', 'list'])).out).toEqual([
      expect.stringMatching(/^nightly {2}operator {2}until \S+Z {2}last used \S+Z {2}by tess \(command line\)$/),
    ]);
    expect(await run(['token', 'revoke', '--name', 'nightly'])).toEqual({
      exit: 0,
      err: [],
      out: ['Revoked nightly.'],
    });
    const other = await createApi(world);
    onTestFinished(() => other.close());
    const refused = { url: '/api/status', headers: { authorization: `Bearer ${out[0]}` } };
    expect((await other.app.inject(refused)).statusCode).toBe(401);
    expect(await audited(world)).toMatchObject([
      { action: 'create_token', actor: 'tess (command line)', target: 'nightly', reason: 'the nightly report' },
      { action: 'revoke_token', actor: 'tess (command line)', target: 'nightly' },
    ]);
  });

  it('create lasts 90 days unless told, and takes no name twice', async () => {
    await observe();
    expect(document<object>(await create('--json'))).toEqual({
      id: expect.any(String),
      token: expect.stringMatching(/^sweeper_/),
    });
    const sql =
      'select extract(day from expires_at - created_at)::int as days from sweeper.api_tokens where revoked_at is null';
    expect((await world.home.query(sql)).rows).toEqual([{ days: 90 }]);
    expect(await create()).toMatchObject({ exit: 1, out: [] });
    expect(await run(['token', 'revoke', '--name', 'another'])).toMatchObject({ exit: 1, out: [] });
  });

  it.each([
    [['--role', 'root', '--name', 'x'], /--role is "root"; it must be one of viewer, operator, admin/],
    [['--role', 'viewer', '--name', ' '], /--name must be 1 to 80 characters/],
    [['--role', 'viewer', '--name', 'x', '--days', '0'], /--days is "0"; it must be a whole number from 1 to 366/],
  ])('create refuses %j', async (options, sentence) => {
    await expect(run(['token', 'create', ...options])).rejects.toThrow(sentence);
  });
});
