import { expect, test } from 'vitest';
import { trust } from '../../web/src/lib/trust.ts';
import { NOW, quietStatus } from '../support/status.ts';

const words = (...of: Parameters<typeof trust>) => trust(...of).map((fact) => `${fact.judgement}: ${fact.words}`);
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

test.each(['not_answering', 'offline', 'signed_out'] as const)('%s: nothing is green, and nothing claimed', (away) => {
  const [line, ...rest] = words(away, quietStatus(), nowMs);
  expect(line).toMatch(/^bad: .* · 3 s$/);
  expect(rest).toEqual(['open: Sweeper unknown', 'open: Control plane unknown', 'open: Platform database unknown']);
});
