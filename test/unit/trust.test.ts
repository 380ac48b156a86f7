import { expect, test } from 'vitest';
import type { Status } from '../../server/api/status.ts';
import { trust } from '../../web/src/lib/trust.ts';
import { NOW, quietStatus } from '../support/status.ts';

type Asked = Parameters<typeof trust>;
const words = (connection: Asked[0], status: Asked[1], serverNowMs: Asked[2]) =>
  trust(connection, status, serverNowMs, 'utc').map((fact) => `${fact.judgement}: ${fact.words}`);
const nowMs = Date.parse(NOW) + 3_000;

test('four separate facts when all is well', () => {
  expect(words('live', quietStatus(), nowMs)).toEqual([
    'good: Live · 3 s',
    'good: Sweeper on schedule',
    'good: Control plane answering',
    'good: Platform database answering',
  ]);
});

test('nothing is said of what nobody has answered yet', () => {
  expect(words('checking', null, 0)).toEqual(['open: Checking…']);
});

test('a page that wakes shows nothing green, and what was bad', () => {
  expect(words('checking', quietStatus({ platform: { state: 'failing', error: 'away', since: null } }), nowMs)).toEqual(
    [
      'open: Checking… · 3 s',
      'open: Sweeper on schedule',
      'open: Control plane answering',
      'bad: Platform database failing',
    ],
  );
});

test('each fact for itself', () => {
  const status = quietStatus({
    sweeper: { ...quietStatus().sweeper, state: 'late', aliveAt: '2026-11-23T03:08:00.000Z' },
    backend: { ...quietStatus().backend, state: 'not_configured' },
    platform: { state: 'failing', error: 'It is away.', since: null },
    observedAt: null,
  });
  expect(words('reconnecting', status, nowMs)).toEqual([
    'open: Reconnecting… · never looked',
    'bad: Sweeper late: not run for 4 min',
    'bad: Control plane not configured',
    'bad: Platform database failing',
  ]);
});

test('without our own database nothing is claimed of the platform’s, of the sweeper or of the data’s age', () => {
  const status = quietStatus({
    home: { state: 'failing', error: 'away', since: NOW },
    platform: { state: 'unknown', error: null, since: null },
    backend: { ...quietStatus().backend, state: 'unknown' },
    observedAt: null,
  });
  expect(words('live', status, nowMs)).toEqual([
    'good: Live',
    'open: Sweeper unknown',
    'open: Control plane unknown',
    'bad: Own database failing',
  ]);
});

test.each(['not_answering', 'offline', 'signed_out', 'refused'] as const)(
  '%s: nothing is green, and nothing claimed',
  (away) => {
    const [line, ...rest] = words(away, quietStatus(), nowMs);
    expect(line).toMatch(/^bad: .* · 3 s$/);
    expect(rest).toEqual(['open: Sweeper unknown', 'open: Control plane unknown', 'open: Platform database unknown']);
  },
);

const sweeperWords = (change: Partial<Status>) => words('live', quietStatus(change), nowMs)[1];
const controlPlaneWords = (change: Partial<Status['backend']>) =>
  words('live', quietStatus({ backend: { ...quietStatus().backend, ...change } }), nowMs)[2];
const sweeper = (state: Status['sweeper']['state']) => ({ ...quietStatus().sweeper, state });

test('the sweeper: paused, until when; or stopped by the safety brake', () => {
  const pause = { actor: 'Anna', verified: false, reason: 'migration', since: NOW, until: '2026-11-23T04:00:00.000Z' };
  expect(sweeperWords({ sweeper: sweeper('paused'), pause })).toBe('open: Sweeper paused until 04:00Z');
  expect(sweeperWords({ sweeper: sweeper('brake') })).toBe('bad: Sweeper stopped by the safety brake');
});

test('the control plane: failing while its breaker is open, whatever it last answered', () => {
  const breaker = { state: 'open', openedAt: NOW, class: 'transient', message: 'answered 503', retryAt: null } as const;
  expect(controlPlaneWords({ breaker })).toBe('bad: Control plane failing');
  expect(controlPlaneWords({ breaker, state: 'unknown' })).toBe('bad: Control plane failing');
  expect(controlPlaneWords({ breaker, state: 'not_answering' })).toBe('bad: Control plane not answering');
});

test('the control plane: answering is not enough where it knows none of the platform’s instances', () => {
  expect(controlPlaneWords({ positiveControl: 'not_known' })).toBe("bad: Control plane: not this platform's");
  expect(controlPlaneWords({ positiveControl: 'known' })).toBe('good: Control plane answering');
});

test('of containers it is the Docker Engine that answers, or does not', () => {
  const of = (change: Partial<Status['backend']>) =>
    words('live', quietStatus({ backend: { ...quietStatus().backend, kind: 'docker', ...change } }), nowMs)[2];
  expect(of({})).toBe('good: Docker Engine answering');
  expect(of({ state: 'failing' })).toBe('bad: Docker Engine failing');
  expect(of({ state: 'not_answering' })).toBe('bad: Docker Engine not answering');
  expect(of({ state: 'unknown' })).toBe('open: Docker Engine unknown');
});
