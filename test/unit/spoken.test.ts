import { expect, test } from 'vitest';
import { spokenIn } from '../../server/backends/spoken.ts';

test.each([
  ['{"error":"malformed instance id"}', 'malformed instance id'],
  ['{"message":"no \\"such\\" id"}', 'no "such" id'],
  [' {"detail": "gone"}\n', 'gone'],
])('%s says %s', (text, sentence) => {
  expect(spokenIn(text)).toBe(sentence);
});

test.each([
  'a plain sentence',
  '{"error":"a","code":"b"}',
  '{"error":{"message":"a"}}',
  '{"error":""}',
  '{"state":"running"}',
  '["error"]',
  '{}',
  'null',
  '"error"',
  '{"error":"cut off',
])('%s stays as it is', (text) => {
  expect(spokenIn(text)).toBe(text);
});
