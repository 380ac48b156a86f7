import { afterEach, describe, expect, test, vi } from 'vitest';
import type { HistoryAnswer } from '../../server/api/history.ts';
import type { Zone } from '../../web/src/lib/moment.ts';
import { recordedOf } from '../../web/src/lib/samples.ts';
import { tableRows } from '../../web/src/lib/samples-table.ts';
import { historyAnswer } from '../support/history.ts';

const rowsOf = (answer: HistoryAnswer, zone: Zone) =>
  tableRows(recordedOf(answer, 60), answer.window, zone, answer.bucketSeconds * 1000);
const begins = (answer: HistoryAnswer, zone: Zone): string[] =>
  rowsOf(answer, zone).map(({ atMs }) => new Date(atMs).toISOString().slice(0, 16));

afterEach(() => vi.unstubAllEnvs());

describe('the table', () => {
  const at = (clock: string): number => Date.parse(`2026-11-23T${clock}:00.000Z`);

  test('has the most of each hour, newest first', () => {
    const rows = rowsOf(
      historyAnswer({
        to: '2026-11-23T03:15:00.000Z',
        counts: (ms) => [ms === at('02:55') ? 14 : ms >= at('03:00') ? 12 : 0, ms === at('02:10') ? 2 : 1],
      }),
      'utc',
    );
    expect(rows).toHaveLength(25);
    expect(rows.slice(0, 3)).toEqual([
      { atMs: at('03:00'), open: 12, stuck: 1, gaps: [] },
      { atMs: at('02:00'), open: 14, stuck: 2, gaps: [] },
      { atMs: at('01:00'), open: 0, stuck: 1, gaps: [] },
    ]);
  });

  test('says of an hour how much of it nobody recorded, and never 0 of one that nobody recorded at all', () => {
    const missing = (ms: number): boolean => at('00:50') <= ms && ms < at('02:10');
    const rows = rowsOf(
      historyAnswer({ to: '2026-11-23T03:15:00.000Z', counts: (ms) => (missing(ms) ? null : [4, 0]) }),
      'utc',
    );
    expect(rows.slice(1, 4)).toEqual([
      { atMs: at('02:00'), open: 4, stuck: 0, gaps: [{ fromMs: at('02:00'), toMs: at('02:10') }] },
      { atMs: at('01:00'), open: null, stuck: null, gaps: [{ fromMs: at('01:00'), toMs: at('02:00') }] },
      { atMs: at('00:00'), open: 4, stuck: 0, gaps: [{ fromMs: at('00:50'), toMs: at('01:00') }] },
    ]);
  });

  test('of a week has six hours to a row, by the clock of the reader', () => {
    const answer = historyAnswer({ to: '2026-11-23T03:30:00.000Z', window: '7d', counts: () => [1, 1] });
    expect(begins(answer, 'utc').slice(0, 3)).toEqual(['2026-11-23T00:00', '2026-11-22T18:00', '2026-11-22T12:00']);
    expect(begins(answer, 'utc')).toHaveLength(29);
    vi.stubEnv('TZ', 'Asia/Kolkata');
    expect(begins(answer, 'local').slice(0, 3)).toEqual(['2026-11-23T00:30', '2026-11-22T18:30', '2026-11-22T12:30']);
  });

  test('has the hour twice that comes twice, and not the one that is left out', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const back = historyAnswer({ to: '2026-10-25T04:00:00.000Z', counts: () => [1, 0] });
    // 02:00 summer time, and 02:00 winter time.
    expect(begins(back, 'local').slice(2, 5)).toEqual(['2026-10-25T01:00', '2026-10-25T00:00', '2026-10-24T23:00']);
    const forward = historyAnswer({ to: '2026-03-29T03:00:00.000Z', counts: () => [1, 0] });
    expect(begins(forward, 'local')).toHaveLength(24);
  });

  test('has parts of a day by the clock, however long that makes them', () => {
    vi.stubEnv('TZ', 'Europe/Berlin');
    const back = historyAnswer({ to: '2026-10-26T00:00:00.000Z', window: '7d', counts: () => [1, 0] });
    // From midnight to six by the clock: seven hours.
    expect(begins(back, 'local')).toEqual(expect.arrayContaining(['2026-10-24T22:00', '2026-10-25T05:00']));
    expect(begins(back, 'local')).not.toContain('2026-10-25T04:00');
    // Where a day has no midnight, its first part begins when it does.
    vi.stubEnv('TZ', 'America/Havana');
    const forward = historyAnswer({ to: '2026-03-09T00:00:00.000Z', window: '7d', counts: () => [1, 0] });
    expect(begins(forward, 'local')).toEqual(expect.arrayContaining(['2026-03-08T05:00', '2026-03-07T23:00']));
  });
});
