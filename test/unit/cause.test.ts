import { expect, test } from 'vitest';
import { causeWords } from '../../web/src/lib/cause.ts';

test.each([
  ['answered …: {"error":"malformed instance id"}', 'malformed instance id'],
  ['answered 400: {"message":"no \\"such\\" id"}', 'no "such" id'],
  ['answered …: {"error":"a","code":"b"}', '{"error":"a","code":"b"}'],
  ['connection refused (ECONNREFUSED)', 'connection refused (ECONNREFUSED)'],
  ['answered …', ''],
])('%s says %s', (pattern, words) => {
  expect(causeWords(pattern)).toBe(words);
});
