import { expect, test } from 'vitest';
import { MOST_CAUSES, noticesOf, type StuckCause } from '../../server/notify/stuck.ts';
import { FAILURE_CLASSES, OUTCOMES, WHYS } from '../../server/sweep/outcome.ts';

const cause = (n: number): StuckCause => ({
  cause: n.toString(16).padStart(12, '0'),
  why: null,
  class: 'rejected',
  outcome: 'failed',
  pattern: `answered …: no such thing ${n}.`,
  httpStatus: 400,
  orphans: 2,
  since: '2026-01-02T03:04:05Z',
});
const causes = (count: number) => Array.from({ length: count }, (_, n) => cause(n));

test('up to twenty causes are told of each by itself; a message that differs every time wakes nobody a hundred times', () => {
  expect(noticesOf(causes(MOST_CAUSES), 'control-plane').map((notice) => notice.cause)).toEqual(
    causes(MOST_CAUSES).map((one) => one.cause),
  );
  const many = noticesOf(causes(100), 'control-plane');
  expect(many).toHaveLength(MOST_CAUSES + 1);
  expect(many.at(-1)).toMatchObject({
    cause: 'others',
    summary: '160 orphans need a person for 80 further causes.',
    details: { orphans: 160, causes: 80 },
  });
});

test.each<[Partial<StuckCause>, string]>([
  [{}, '2 orphans need a person: the control plane rejected the Stop (400): no such thing 1.'],
  [{ orphans: 1, pattern: null }, '1 orphan needs a person: the control plane rejected the Stop (400).'],
  [{ class: 'timeout', httpStatus: null, pattern: null }, 'the control plane gave no whole answer in time.'],
  [{ outcome: 'shared', class: null, httpStatus: null }, ': a live workspace names the same instance.'],
  [{ outcome: 'clear_failed', class: 'platform' }, "the platform's database did not clear the id."],
  [{ outcome: 'stopped_live' }, ': a workspace was restored while its instance was being stopped.'],
  [{ why: 'reappeared' }, ': the instance runs on although its Stop was accepted.'],
  [{ why: 'replaced' }, ': the row of the workspace does not name the instance any more.'],
  [{ why: 'row_gone' }, ": the row of the workspace is gone from the platform's table."],
])('the sentence says what stands in the way: %j', (of, words) => {
  expect(noticesOf([{ ...cause(1), ...of }], 'control-plane')[0]?.summary).toContain(words);
});

test('of containers nothing is said of a control plane, an instance or an id', () => {
  const every: Partial<StuckCause>[] = [
    ...WHYS.map((why) => ({ why })),
    ...OUTCOMES.map((outcome) => ({ outcome })),
    ...FAILURE_CLASSES.map((failure) => ({ class: failure })),
  ];
  const said = every.flatMap((of) => noticesOf([{ ...cause(1), ...of }], 'docker'));
  expect(said).toHaveLength(WHYS.length + OUTCOMES.length + FAILURE_CLASSES.length);
  expect(
    said.filter(({ summary, endSummary }) => /control.plane|instance|the id\b/i.test(`${summary} ${endSummary}`)),
  ).toEqual([]);
  expect(said.filter(({ summary }) => summary.includes('Docker Engine')).length).toBeGreaterThanOrEqual(
    FAILURE_CLASSES.length - 1,
  );
});
