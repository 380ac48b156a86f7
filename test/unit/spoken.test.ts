import { expect, test } from 'vitest';
import { spokenIn } from '../../server/backends/spoken.ts';

test.each([
  ['{"error":"malformed instance id"}', 'malformed instance id'],
  ['{"message":"no \\"such\\" id"}', 'no "such" id'],
  [' {"detail": "gone"}\n', 'gone'],
  ['{"error":"malformed id","hint":"begins with i-"}', 'malformed id (hint: begins with i-)'],
  ['{"code":7,"retry":false,"message":"busy","id":null}', 'busy (code: 7, retry: false, id: null)'],
  ['{"message":"no such id","error":"NotFound"}', 'NotFound (message: no such id)'],
])('%s says %s', (text, sentence) => {
  expect(spokenIn(text)).toBe(sentence);
});

test.each([
  'a plain sentence',
  '{"error":{"message":"a"}}',
  '{"error":"a","at":{"line":1}}',
  '{"error":"","code":"b"}',
  '{"code":"b","hint":"c"}',
  '{"state":"running"}',
  '["error"]',
  '{}',
  'null',
  '"error"',
  '{"error":"cut off',
])('%s stays as it is', (text) => {
  expect(spokenIn(text)).toBe(text);
});
