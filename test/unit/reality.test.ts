import { describe, expect, test } from 'vitest';
import type { InstanceAnswer } from '../../server/api/instance.ts';
import { realitiesOf } from '../../web/src/lib/reality.ts';

type Platform = InstanceAnswer['platform'];
type Row = NonNullable<Platform['answer']>['row'];

const ID = 'i-1';
const answered = (row: Row, change: Partial<NonNullable<Platform['answer']>> = {}): Platform => ({
  answer: { row, liveRows: [], tableEmpty: false, ...change },
  error: null,
});
const LIVE = { workspaceId: 'w-2', workspaceName: 'dev-8', instanceId: ID };

const PLATFORMS: Readonly<Record<string, Platform>> = {
  'removed, names it': answered({ removed: true, instanceId: ID }),
  'removed, names none': answered({ removed: true, instanceId: null }),
  'removed, names another': answered({ removed: true, instanceId: 'i-2' }),
  'no row': answered(null),
  'live, names it': answered({ removed: false, instanceId: ID }, { liveRows: [{ ...LIVE, workspaceId: 'w-1' }] }),
  'live, names none': answered({ removed: false, instanceId: null }),
  'live, names another': answered({ removed: false, instanceId: 'i-2' }),
  'removed, a live row names it': answered({ removed: true, instanceId: ID }, { liveRows: [LIVE] }),
  'no row, a live row names it': answered(null, { liveRows: [LIVE] }),
  'live, a live row of another names it': answered({ removed: false, instanceId: 'i-2' }, { liveRows: [LIVE] }),
  'a live row names another instance': answered(
    { removed: true, instanceId: ID },
    { liveRows: [{ ...LIVE, instanceId: 'i-2' }] },
  ),
  'empty table': answered(null, { tableEmpty: true }),
  'not known': { answer: null, error: 'The platform did not answer within 5 s.' },
};
const STATES = ['running', 'terminated', 'not_found', 'stopping', 'stopped', 'pending', 'a word of its own', null];

function tell(platform: Platform, state: string | null) {
  const error = state === null ? 'The question timed out. (timeout)' : null;
  const [told, ...more] = realitiesOf(
    {
      workspaceId: 'w-1',
      askedAt: '2026-11-23T03:04:10.000Z',
      platform,
      instances: [{ instanceId: ID, state, error }],
    },
    'control-plane',
  );
  if (told === undefined) throw new Error('nothing was concluded');
  expect(more).toEqual([]);
  expect(told.instanceId).toBe(ID);
  return told;
}
const of = (name: keyof typeof PLATFORMS, state: string | null) =>
  tell(PLATFORMS[name] ?? { answer: null, error: null }, state);

const ALL = Object.entries(PLATFORMS).flatMap(([name, platform]) =>
  STATES.map((state) => ({ name, platform, state, is: `${name}; ${state}` })),
);

describe('whatever the two say', () => {
  test.each(ALL)("the control plane's own word is told, and none that it did not say: $is", ({ platform, state }) => {
    const { sentence } = tell(platform, state);
    expect(sentence).not.toContain('{');
    if (state === 'not_found') expect(sentence).toContain('the control plane knows no such instance');
    else if (state !== null) expect(sentence).toContain(`the control plane says ${state}`);
    else expect(sentence).not.toMatch(/control plane says/);
    if (state !== 'terminated') expect(sentence).not.toContain('terminated');
  });

  test.each(ALL.filter(({ state }) => state === null))('not known is neither gone nor leaking: $is', (one) => {
    const { sentence, tone } = tell(one.platform, null);
    expect(sentence).toMatch(/not known/i);
    expect(sentence).not.toMatch(/leaking|nothing is left|cleared/);
    expect(tone).not.toBe('ok');
  });

  test.each(ALL.filter(({ platform }) => platform.answer === null || platform.answer.tableEmpty))(
    'nothing is claimed for a database that did not tell: $is',
    ({ platform, state }) => {
      const { sentence, tone } = tell(platform, state);
      expect(tone).toBe('unknown');
      expect(sentence).toMatch(/not known/i);
      expect(sentence).not.toMatch(/leaking|removed|says live/);
    },
  );

  test.each(ALL.filter(({ platform }) => platform.answer?.liveRows.some(({ instanceId }) => instanceId === ID)))(
    'what a live workspace names is never said to leak, or to be stopped: $is',
    ({ platform, state }) => {
      expect(tell(platform, state).sentence).toMatch(/live/);
      expect(tell(platform, state).sentence).not.toMatch(/leaking|a sweep|nothing is left/i);
    },
  );

  test.each(ALL)('only an end, or what is in use, is well: $is', ({ platform, state, name }) => {
    if (tell(platform, state).tone !== 'ok') return;
    const inUse = name === 'live, names it' && state === 'running';
    expect(inUse || state === 'terminated').toBe(true);
  });

  test.each(ALL.filter(({ state }) => state === 'not_found'))(
    'an id that the control plane does not know proves no end: $is',
    ({ platform, state }) => {
      const { sentence, tone } = tell(platform, state);
      expect(tone).not.toBe('ok');
      expect(sentence).not.toMatch(/has to be cleared|nothing is left|is without/);
    },
  );
});

describe('the sentence', () => {
  test.each([
    [
      'removed, names it',
      'running',
      'bad',
      'The database says removed and the control plane says running: it is leaking.',
    ],
    [
      'removed, names it',
      'terminated',
      'warn',
      'The database says removed and the control plane says terminated: only its id has to be cleared, which a sweep does.',
    ],
    [
      'removed, names it',
      'stopping',
      'warn',
      'The database says removed and the control plane says stopping: that is not an end yet. A sweep stops it.',
    ],
    [
      'removed, names it',
      null,
      'unknown',
      'The database says removed. Whether it runs is not known: the control plane did not say.',
    ],
    [
      'live, names it',
      'running',
      'ok',
      'The database says live and names it, and the control plane says running: it is in use, and not an orphan.',
    ],
    [
      'removed, a live row names it',
      'terminated',
      'bad',
      'A live workspace names the same instance, but the control plane says terminated: that workspace is without its instance.',
    ],
    [
      'no row',
      'running',
      'bad',
      'The database has no row of this workspace, and the control plane says running: nobody else remembers it.',
    ],
    [
      'not known',
      'running',
      'unknown',
      'Not known whether it is an orphan: the database did not answer. But the control plane says running.',
    ],
    ['not known', null, 'unknown', 'Not known: neither the database nor the control plane could tell.'],
  ] as const)('%s; %s', (name, state, tone, sentence) => {
    expect(of(name, state)).toEqual({ instanceId: ID, tone, sentence });
  });

  test('the word of a control plane stands there as it came, whatever is in it', () => {
    expect(of('removed, names it', '$& {word}').sentence).toContain('the control plane says $& {word}:');
  });

  test.each([
    ['removed, names none', 'ok', /says removed and names no instance/],
    ['removed, names it', 'warn', /says removed and names i-1, which the next look finds/],
    ['live, names it', 'ok', /says live and names i-1\./],
    ['live, names none', 'unknown', /says live and names no instance/],
    ['no row', 'unknown', /has no row/],
    ['empty table', 'unknown', /proves nothing/],
    ['not known', 'unknown', /^Not known\./],
  ])('of a workspace of which nothing is open: %s', (name, tone, sentence) => {
    const platform = PLATFORMS[name];
    if (platform === undefined) throw new Error(name);
    const told = realitiesOf(
      { workspaceId: 'w-1', askedAt: '2026-11-23T03:04:10.000Z', platform, instances: [] },
      'control-plane',
    );
    expect(told).toEqual([{ instanceId: null, tone, sentence: expect.stringMatching(sentence) }]);
    expect(told[0]?.sentence).toContain('the control plane was not asked');
  });
});

describe('of a container, whose row names none', () => {
  const containers = (platform: Platform, state: string | null) => {
    const answer = { workspaceId: 'w-1', askedAt: '2026-11-23T03:04:10.000Z', platform };
    return realitiesOf({ ...answer, instances: [{ instanceId: ID, state, error: null }] }, 'docker')[0];
  };
  const removed = answered({ removed: true, instanceId: null });
  const live = answered({ removed: false, instanceId: null });
  const also = answered({ removed: true, instanceId: null }, { liveRows: [LIVE] });

  test.each([
    [removed, 'running', 'bad', 'The database says removed and the Docker Engine says running: it is leaking.'],
    [
      removed,
      'exited',
      'warn',
      'The database says removed and the Docker Engine says exited: it is still there. A sweep removes it.',
    ],
    [
      removed,
      'not_found',
      'warn',
      'The database says removed, and the Docker Engine knows no such container. If it stays listed, a volume of it is left.',
    ],
    [
      removed,
      null,
      'unknown',
      'The database says removed. Whether it runs is not known: the Docker Engine did not say.',
    ],
    [
      live,
      'running',
      'ok',
      'The database says live, and the Docker Engine says running: it is in use, and not an orphan.',
    ],
    [
      live,
      'not_found',
      'warn',
      'The database says live, but the Docker Engine knows no such container: its workspace has another one by now, or none.',
    ],
    [
      also,
      'running',
      'bad',
      'Its name fits a live workspace, too, and the Docker Engine says running: it may be in use, and must not be stopped.',
    ],
    [
      answered(null),
      'running',
      'bad',
      'The database has no row of this workspace, and the Docker Engine says running: nobody else remembers it.',
    ],
  ] as const)('%j; %s', (platform, state, tone, sentence) => {
    expect(containers(platform, state)).toEqual({ instanceId: ID, tone, sentence });
  });

  test.each(ALL)("the engine's own word is told, and only what is in use is well: $is", ({ platform, state }) => {
    const told = containers(platform, state);
    if (told === undefined) throw new Error('nothing was concluded');
    const { sentence, tone } = told;
    expect(sentence).not.toContain('{');
    const gone = state === 'not_found' || state === 'terminated';
    if (gone) expect(sentence).toContain('the Docker Engine knows no such container');
    else if (state === null) expect(sentence).toMatch(/not known/i);
    else expect(sentence).toContain(`the Docker Engine says ${state}`);
    const lives = platform.answer?.row?.removed === false && !platform.answer.tableEmpty;
    expect(tone === 'ok').toBe(lives && state === 'running');
  });

  test.each([
    [removed, 'The database says removed. No orphan of this workspace is open, so the Docker Engine was not asked.'],
    [live, 'The database says live. No orphan of this workspace is open, so the Docker Engine was not asked.'],
  ])('of a workspace of which nothing is open: %j', (platform, sentence) => {
    const answer = { workspaceId: 'w-1', askedAt: '2026-11-23T03:04:10.000Z', platform, instances: [] };
    expect(realitiesOf(answer, 'docker')).toEqual([{ instanceId: null, tone: 'ok', sentence }]);
  });
});
