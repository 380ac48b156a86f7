import { describe, expect, test } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { channelSummary } from '../../web/src/lib/channel.ts';
import type { VerdictInput } from '../../web/src/lib/verdict.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const ORIGIN = 'https://sweeper.example';

const summary = (status: Status | null, change: Partial<VerdictInput> = {}) =>
  channelSummary(
    {
      connection: 'live',
      refusal: null,
      status,
      nowMs: Date.parse(NOW),
      zone: 'local',
      sweepLimit: 100,
      hasRunbook: true,
      ...change,
    },
    ORIGIN,
  ).split('\n');

const CAUSE = {
  key: 'abcdef012345',
  class: 'rejected',
  outcome: 'failed',
  why: null,
  stuck: 0,
  pattern: 'answered …: malformed id',
  httpStatus: 400,
  count: 2,
  since: '2026-11-23T02:41:00.000Z',
} as const;

describe('the summary for the channel', () => {
  test('says what is going on, with the day and zone of every time and a link behind every line', () => {
    const status = leakingStatus(
      { stuck: 3, retrying: 9 },
      {
        causes: [
          CAUSE,
          { ...CAUSE, key: 'other', class: 'timeout', httpStatus: null, pattern: null, count: 1, since: null },
        ],
      },
    );
    expect(summary(status)).toEqual([
      '**Orphan Sweeper (production): 3 orphans need you**',
      '9 more are retrying by themselves · oldest 2 h 11 min',
      '12 open orphans: 3 stuck, 9 retrying.',
      `Oldest: \`dev-7\`, removed at or before 2026-11-23 01:01:04Z · ${ORIGIN}/orphans/w-1`,
      'Why:',
      `- 2 × 400 Rejected: \`malformed id\` · since 2026-11-23 02:41:00Z · ${ORIGIN}/orphans?cause=abcdef012345`,
      `- 1 × Timeout · ${ORIGIN}/orphans?cause=other`,
      `As of 2026-11-23 03:12:04Z · ${ORIGIN}/`,
    ]);
  });

  test('has its times in UTC although the reader’s are local', () => {
    const pause = {
      actor: 'Anna',
      verified: false,
      reason: 'migration',
      since: NOW,
      until: '2026-11-23T04:00:00.000Z',
    };
    const status = leakingStatus({ waiting: 1 }, { pause, sweeper: { ...quietStatus().sweeper, state: 'paused' } });
    expect(summary(status)[0]).toBe('**Orphan Sweeper (production): Paused by Anna until 04:00Z: migration**');
  });

  test('of nothing is short, and of a server that is away says that it is', () => {
    expect(summary(quietStatus())).toEqual([
      '**Orphan Sweeper (production): All clear: 0 orphans, looked at 03:12:04Z**',
      '0 open orphans.',
      `As of 2026-11-23 03:12:04Z · ${ORIGIN}/`,
    ]);
    expect(summary(quietStatus(), { connection: 'not_answering' }).at(-1)).toBe(
      `As of 2026-11-23 03:12:04Z, and the server has not answered since · ${ORIGIN}/`,
    );
    expect(summary(null, { connection: 'not_answering' }).at(-1)).toBe(`${ORIGIN}/`);
  });

  test('never passes off what is not known as a zero', () => {
    const text = summary(
      quietStatus({ counts: null, causes: null, home: { state: 'failing', error: 'gone', since: null } }),
    );
    expect(text).toContain('How many orphans there are is not known.');
    expect(text.join('\n')).not.toMatch(/\b0\b orphan/);
  });

  test('names no more than five causes, and says how many more there are', () => {
    const causes = Array.from({ length: 7 }, (_, i) => ({ ...CAUSE, key: `k${i}` }));
    const text = summary(leakingStatus({ stuck: 7 }, { causes }));
    expect(text.filter((one) => one.startsWith('- '))).toHaveLength(6);
    expect(text).toContain('- and 2 more causes');
  });

  test('of what others have written calls nobody, and has no line and no code of its own', () => {
    const oldest = { workspaceId: 'w 1', workspaceName: '`<!here>`\n@channel', instanceId: 'i', orphanedAt: NOW };
    const text = summary(leakingStatus({ stuck: 1 }, { oldest, environment: '@everyone' }));
    const joined = text.join('\n');
    expect(joined).not.toMatch(/@(channel|everyone)|<!here/);
    expect(text.find((one) => one.startsWith('Oldest'))).toBe(
      `Oldest: \`'<\u200b!here>' @\u200bchannel\`, removed at or before 2026-11-23 03:12:04Z · ${ORIGIN}/orphans/w%201`,
    );
  });
});
