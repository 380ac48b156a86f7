import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditAnswer } from '../../server/api/audit.ts';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import {
  ANNA,
  allowAudit,
  audited,
  everything,
  latchBrake,
  minutesFromNow,
  refuseAudit,
  stoppedLive,
} from '../support/acting.ts';
import { type Api, type ApiAnswer, createApi, emptyWorld } from '../support/api.ts';
import { stops } from '../support/sweeping.ts';
import { createWorld, type World } from '../support/world.ts';

const MINUTE = 60_000;

let world: World;
let api: Api;
beforeAll(async () => {
  world = await createWorld();
  return () => world.close();
});
beforeEach(async () => {
  await emptyWorld(world);
  api = await createApi(world);
  return () => api.close();
});

interface Items {
  readonly items: Orphan[];
}

const change = <Body = Items>(
  method: 'PUT' | 'POST' | 'DELETE',
  url: string,
  payload: object,
): Promise<ApiAnswer<Body>> => api.call<Body>({ method, url, payload: { actor: 'Anna', ...payload } });
const holding = (id: string, minutes = 60, reason = 'a look at the disk') =>
  change('PUT', `/api/orphans/${id}/hold`, { reason, until: minutesFromNow(minutes).toISOString() });
const pausing = (minutes = 60, reason = 'migration') =>
  change<Pick<Status, 'pause'>>('PUT', '/api/pause', { reason, until: minutesFromNow(minutes).toISOString() });
const status = async () => (await api.call<Status>('/api/status')).body;
const acts = async () =>
  (await audited(world)).map(({ action, actor, target, reason }) => [action, actor, target, reason]);

describe('a hold', () => {
  it('takes every orphan of the workspace out of sweeping, the resolved ones too; nothing else', async () => {
    const [held, other] = await world.leakMany(2);
    await world.observe();
    const id = held?.id ?? '';
    const until = minutesFromNow(90);
    const answer = await change('PUT', `/api/orphans/${id}/hold`, { reason: 'disk', until: until.toISOString() });
    expect(answer.status).toBe(200);
    expect(answer.body.items).toEqual((await api.call<Items>(`/api/orphans/${id}`)).body.items);
    expect(answer.body.items).toMatchObject([
      { state: 'held', hold: { actor: 'Anna', reason: 'disk', until: until.toISOString() } },
    ]);
    await world.sweep({ trigger: 'manual' });
    expect(stops(world).slice(-1)).toEqual([other?.instance_id]);
    expect(await world.orphan(id)).toMatchObject({ attempts: 0, resolved_at: null });
    expect(await status()).toMatchObject({ counts: { open: 1, held: 1 }, sweepable: 0 });
    await change('PUT', `/api/orphans/${other?.id}/hold`, { reason: 'late', until: until.toISOString() });
    const { rows } = await world.home.query('select hold_reason from sweeper.orphans order by hold_reason');
    expect(rows).toEqual([{ hold_reason: 'disk' }, { hold_reason: 'late' }]);
  });

  it('is replaced by another, and ended by a person: then the next sweep stops it', async () => {
    const { id, instance_id: instance } = await world.leak();
    await world.observe();
    await holding(id, 60, 'one');
    expect((await holding(id, 120, 'two')).body.items).toMatchObject([{ state: 'held', hold: { reason: 'two' } }]);
    const ended = await change('DELETE', `/api/orphans/${id}/hold`, { reason: 'seen' });
    expect(ended).toMatchObject({ status: 200, body: { items: [{ state: 'waiting', hold: null }] } });
    await world.sweep();
    expect(stops(world).slice(-1)).toEqual([instance]);
    expect(await acts()).toEqual([
      ['hold', 'Anna', id, 'one'],
      ['hold', 'Anna', id, 'two'],
      ['end_hold', 'Anna', id, 'seen'],
    ]);
  });

  it('that there is not is ended without a word, by whoever says who they are in the header', async () => {
    const { id } = await world.leak();
    await world.observe();
    const answer = await api.call<Items>({
      method: 'DELETE',
      url: `/api/orphans/${id}/hold`,
      headers: { 'x-actor': 'Hedy' },
    });
    expect(answer).toMatchObject({ status: 200, body: { items: [{ hold: null }] } });
    expect(await acts()).toEqual([]);
  });

  it('takes an end with any offset', async () => {
    const { id } = await world.leak();
    await world.observe();
    const until = minutesFromNow(600).toISOString().slice(0, 16);
    const answer = await change('PUT', `/api/orphans/${id}/hold`, { reason: 'disk', until: `${until}+01:00` });
    expect(Date.parse(answer.body.items[0]?.hold?.until ?? '')).toBe(Date.parse(`${until}Z`) - 60 * MINUTE);
  });
});

describe('a pause', () => {
  it('is shown with who, why and until when; replaced by another; ended by a person', async () => {
    const first = await pausing(60, 'one');
    expect(first).toMatchObject({ status: 200, body: { pause: { actor: 'Anna', reason: 'one' } } });
    const { pause } = (await pausing(120, 'two')).body;
    expect((await status()).pause).toEqual(pause);
    expect((await status()).sweeper).toMatchObject({
      state: 'paused',
      reason: `Paused by Anna until ${pause?.until}: two`,
    });
    const resumed = await change('DELETE', '/api/pause', {});
    expect(resumed).toMatchObject({ status: 200, body: { pause: null } });
    expect(await change('DELETE', '/api/pause', {})).toMatchObject({ status: 200, body: { pause: null } });
    expect(await status()).toMatchObject({ pause: null, sweeper: { state: 'on_schedule' } });
    expect(await acts()).toEqual([
      ['pause', 'Anna', null, 'one'],
      ['pause', 'Anna', null, 'two'],
      ['resume', 'Anna', null, null],
    ]);
  });
});

describe('what has run out', () => {
  it('is over by itself, whoever has noticed; it is written down once, however many replicas notice it', async () => {
    const [first, second, third] = await world.leakMany(3);
    await world.observe();
    for (const [row, minutes] of [
      [first, 10],
      [second, 20],
      [third, 60],
    ] as const)
      await holding(row?.id ?? '', minutes);
    await pausing(15);
    await world.timePasses(30 * MINUTE);
    expect(await status()).toMatchObject({ pause: null, counts: { held: 1 }, sweepable: 2 });
    await Promise.all(Array.from({ length: 5 }, () => world.schedule.tick('interval')));
    const expired = (await audited(world)).filter(({ action }) => action.endsWith('_expired'));
    expect(expired).toHaveLength(3);
    expect(expired).toEqual(
      expect.arrayContaining([
        { ...expiredOf('hold_expired'), target: first?.id, reason: 'a look at the disk' },
        { ...expiredOf('hold_expired'), target: second?.id, reason: 'a look at the disk' },
        { ...expiredOf('pause_expired'), target: null, reason: 'migration' },
      ]),
    );
    const { rows } = await world.home.query(
      'select count(*)::int as held from sweeper.orphans where hold_until is not null',
    );
    expect(rows).toEqual([{ held: 1 }]);
  });

  it('is not taken for something that a person has ended', async () => {
    const { id } = await world.leak();
    await world.observe();
    await holding(id, 10);
    await pausing(10);
    await world.timePasses(20 * MINUTE);
    await change('DELETE', `/api/orphans/${id}/hold`, {});
    await change('DELETE', '/api/pause', {});
    expect((await audited(world)).map(({ action }) => action).sort()).toEqual([
      'hold',
      'hold_expired',
      'pause',
      'pause_expired',
    ]);
  });
});

const expiredOf = (action: string) => {
  const { actor, address } = BY_ITSELF;
  return { action, actor, address, verified: false, refused: null, request_id: null };
};

describe('acknowledging', () => {
  it('resolves what a person had to look at, and it stays resolved', async () => {
    const id = await stoppedLive(world);
    const answer = await change('POST', `/api/orphans/${id}/acknowledge`, { reason: 'it runs again' });
    expect(answer).toMatchObject({
      status: 200,
      body: { items: [{ state: 'resolved', resolution: 'acknowledged', resolvedAt: expect.any(String) }] },
    });
    expect(await world.orphan(id)).toMatchObject({ acknowledged_by: 'Anna', acknowledge_reason: 'it runs again' });
    await world.observe();
    expect(await status()).toMatchObject({ counts: { open: 0 } });
    expect(await acts()).toEqual([['acknowledge', 'Anna', id, 'it runs again']]);
  });

  it('resolves what another instance has replaced', async () => {
    const { id } = await world.leak();
    await world.observe();
    await world.platform.reprovision(id);
    await world.observe();
    expect(await world.orphan(id)).toMatchObject({ why: 'replaced' });
    await change('POST', `/api/orphans/${id}/acknowledge`, { reason: 'terminated by hand' });
    expect(await world.orphan(id)).toMatchObject({ resolution: 'acknowledged' });
  });

  it('leaves alone what is only retried', async () => {
    const { id } = await world.leak();
    await world.observe();
    const answer = await api.call({
      method: 'POST',
      url: `/api/orphans/${id}/acknowledge`,
      payload: { reason: 'enough', actor: 'Anna' },
    });
    expect(answer).toMatchObject({ status: 409, body: { code: 'nothing_to_acknowledge' } });
    expect(await world.orphan(id)).toMatchObject({ resolved_at: null });
  });
});

describe('what cannot be written down does not happen', () => {
  const ACTS: readonly (readonly [string, (id: string) => Promise<unknown>])[] = [
    ['a hold', (id) => holding(id)],
    ['the end of a hold', (id) => change('DELETE', `/api/orphans/${id}/hold`, {})],
    ['an acknowledgement', (id) => change('POST', `/api/orphans/${id}/acknowledge`, { reason: 'seen' })],
    ['a pause', () => pausing()],
    ['the end of a pause', () => change('DELETE', '/api/pause', {})],
    ['a release of the brake', () => change('POST', '/api/brake/release', { reason: 'seen', orphans: 9 })],
    ['a dry run', () => change('POST', '/api/sweeps', { dryRun: true })],
    ['a cancel', () => cancelOldest()],
  ];

  it.each(ACTS)('%s', async (_what, act) => {
    const id = await stoppedLive(world);
    await holding(id);
    await pausing();
    await change('POST', '/api/sweeps', { workspaceIds: ['x'] });
    await latchBrake(world);
    await refuseAudit(world);
    const before = await everything(world);
    try {
      expect(await act(id)).toMatchObject({ status: 503, body: { code: 'home_database_unavailable' } });
      expect(await everything(world)).toEqual(before);
    } finally {
      await allowAudit(world);
    }
    expect(await act(id), 'it would have worked').toMatchObject({ status: expect.toSatisfy((one) => one < 300) });
    expect(await everything(world)).not.toEqual(before);
  });

  it.each([{}, { drain: true }])('a real sweep: %j', async (asked) => {
    await refuseAudit(world);
    expect((await change('POST', '/api/sweeps', asked)).status).toBe(503);
    expect(await world.sweeps()).toEqual([]);
    await allowAudit(world);
    expect((await change('POST', '/api/sweeps', asked)).status).toBe(202);
    expect(await acts()).toEqual([['drain' in asked ? 'drain' : 'sweep', 'Anna', expect.any(String), null]]);
  });

  it('that something has run out', async () => {
    const { id } = await world.leak();
    await world.observe();
    await holding(id, 10);
    await pausing(10);
    await world.timePasses(20 * MINUTE);
    await refuseAudit(world);
    const before = await everything(world);
    await expect(world.schedule.tick('interval')).rejects.toThrow('no ink');
    expect(await everything(world)).toEqual(before);
    await allowAudit(world);
  });

  async function cancelOldest() {
    const [oldest] = await world.sweeps();
    return change('DELETE', `/api/sweeps/${oldest?.id}`, {});
  }
});

describe('every act', () => {
  it('is written down with who, from where, why, and the request that can be found in the log', async () => {
    const { id } = await world.leak();
    await world.observe();
    const answer = await api.call<Items>({
      method: 'PUT',
      url: `/api/orphans/${id}/hold`,
      headers: { 'x-actor': 'Hedy' },
      payload: { actor: 'Anna', reason: 'disk', until: minutesFromNow(5).toISOString() },
      remoteAddress: '192.0.2.77',
    });
    const { body } = await api.call<AuditAnswer>('/api/audit');
    expect(body).toEqual({
      items: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          at: expect.stringMatching(/Z$/),
          actor: 'Anna',
          verified: false,
          address: '192.0.2.77',
          action: 'hold',
          target: id,
          reason: 'disk',
          refused: null,
          requestId: answer.header('x-request-id'),
          workspaceName: expect.stringMatching(/./),
          sweep: null,
        },
      ],
      nextCursor: null,
    });
  });

  it('counts towards the same 60 changes a minute of an address', async () => {
    const { id } = await world.leak();
    await world.observe();
    for (let n = 0; n < 20; n++) {
      await holding(id);
      await pausing();
      await change('POST', '/api/sweeps', { workspaceIds: [`w${n}`] });
    }
    for (const refused of [holding(id), pausing(), change('POST', '/api/sweeps', { workspaceIds: ['one more'] })]) {
      expect(await refused).toMatchObject({ status: 429, body: { code: 'too_many_changes' } });
    }
    expect((await change('POST', '/api/sweeps', { workspaceIds: ['w1'] })).status, 'joining').toBe(202);
    const written = await audited(world);
    expect(written.filter(({ refused }) => refused === null)).toHaveLength(60);
    expect(written.filter(({ refused }) => refused === 'too_many_changes')).toHaveLength(3);
    expect(written.every(({ actor }) => actor === ANNA.actor)).toBe(true);
  });
});

describe('a later orphan of a held workspace', () => {
  /** Its instance leaks as well, while the one before is held. */
  const leakAnother = async (id: string): Promise<string> => {
    const { instance_id: instanceId } = await world.platform.reprovision(id);
    await world.platformDatabase.query(`update workspaces set status = 'removed' where id = $1`, [id]);
    return instanceId ?? '';
  };

  it('is held like the others, with who, why and until, and stopped when the hold has ended', async () => {
    const { id, instance_id: before } = await world.leak();
    await world.observe();
    await holding(id);
    const other = await leakAnother(id);
    await world.observe();
    const stopped = () => stops(world).filter((one) => one === before || one === other);
    const { body } = await api.call<Items>(`/api/orphans/${id}`);
    const [first] = body.items.filter((one) => one.instanceId !== other);
    expect(body.items.find((one) => one.instanceId === other)).toMatchObject({ state: 'held', hold: first?.hold });
    expect((await world.sweep({ trigger: 'manual' }))?.end.result).toBe('nothing_to_do');
    expect(stopped()).toEqual([]);
    await change('DELETE', `/api/orphans/${id}/hold`, {});
    await world.sweep({ trigger: 'manual' });
    expect(stopped()).toEqual([other]);
  });

  it('is not held where the hold is over', async () => {
    const { id } = await world.leak();
    await world.observe();
    await holding(id);
    await world.timePasses(61 * MINUTE);
    const other = await leakAnother(id);
    await world.observe();
    expect(await world.orphanOf(id, other)).toMatchObject({ hold_until: null });
  });
});
