import { expect, it } from 'vitest';
import { textsToMask } from '../../server/log/secrets.ts';

it('a path that somebody could guess is no secret, and stands in ordinary lines', () => {
  expect(textsToMask(['https://hooks.example/hook'])).toEqual([]);
  expect(textsToMask(['https://hooks.example/'])).toEqual([]);
});

it('a path that nobody could guess is', () => {
  expect(textsToMask(['https://hooks.example/services/T0/B0/x'])).toEqual(['/services/T0/B0/x']);
  expect(textsToMask(['https://hooks.example/in?to=everybody'])).toEqual(['/in?to=everybody']);
});

it('so is what carries a credential, however short the path', () => {
  expect(textsToMask(['postgres://u:p%40ss@h/db', 'https://h/?key=abcd'])).toEqual(['p%40ss', 'p@ss', 'abcd']);
});
