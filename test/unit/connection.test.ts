import { describe, expect, test } from 'vitest';
import { connectionOf, isOutdated, type Line } from '../../web/src/lib/connection.ts';

const REFRESH_MS = 5_000;
const never: Line = {
  lastAnswerMs: null,
  failingSinceMs: null,
  failures: 0,
  signedOut: false,
  signIn: null,
  refusal: null,
};
const answered: Line = { ...never, lastAnswerMs: 100_000 };
const failing = (failures: number): Line => ({ ...answered, failingSinceMs: 105_000, failures });

describe('the line to the server', () => {
  test('is being checked until the first answer, also after one failure', () => {
    expect(connectionOf(never, REFRESH_MS, true, 0)).toBe('checking');
    expect(connectionOf({ ...never, failingSinceMs: 0, failures: 1 }, REFRESH_MS, true, 1_000)).toBe('checking');
  });

  test('is live for two intervals after an answer, and not a moment longer', () => {
    expect(connectionOf(answered, REFRESH_MS, true, 110_000)).toBe('live');
    expect(connectionOf(answered, REFRESH_MS, true, 110_001)).toBe('checking');
  });

  test('says that updates are off, however long ago the answer came', () => {
    expect(connectionOf(answered, null, true, 9_999_999)).toBe('updates_off');
  });

  test('does not cry at the first lost request', () => {
    expect(connectionOf(failing(1), REFRESH_MS, true, 109_999)).toBe('reconnecting');
  });

  test('says it after two failures, and after one that has gone on for 5 s', () => {
    expect(connectionOf(failing(2), REFRESH_MS, true, 105_100)).toBe('not_answering');
    expect(connectionOf(failing(1), REFRESH_MS, true, 110_000)).toBe('not_answering');
    expect(connectionOf(failing(2), null, true, 105_100)).toBe('not_answering');
  });

  test('is offline where the device says so itself', () => {
    expect(connectionOf(failing(2), REFRESH_MS, false, 105_100)).toBe('offline');
  });

  test('a device that believes to be offline is not, while answers come', () => {
    expect(connectionOf(answered, REFRESH_MS, false, 101_000)).toBe('live');
  });

  test('refuses at the first refusal, which is an answer, whatever the device believes', () => {
    const refusing = { ...failing(1), refusal: 'Anna is signed in, but has no role here.' };
    expect(connectionOf(refusing, REFRESH_MS, false, 105_001)).toBe('refused');
    expect(connectionOf({ ...never, failures: 1, refusal: 'No.' }, REFRESH_MS, true, 0)).toBe('refused');
    expect(isOutdated('refused')).toBe(true);
  });

  test('is signed out before anything else', () => {
    expect(connectionOf({ ...failing(2), signedOut: true }, REFRESH_MS, false, 999_000)).toBe('signed_out');
  });
});
