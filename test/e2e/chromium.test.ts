import { expect, it } from 'vitest';
import { findChromium } from './support/chromium.ts';

it('a browser that is not there is an error, which says how to install it', () => {
  expect(() => findChromium({ CHROMIUM: '/nowhere/chromium' })).toThrow(
    /there is none at \/nowhere\/chromium.*apt-get install -y chromium.*CHROMIUM/,
  );
});
