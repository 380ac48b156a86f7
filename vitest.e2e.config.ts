import { defineConfig } from 'vitest/config';

/** What is tried in a real browser. Apart from the other tests, which need none. */
export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'console', include: ['test/e2e/*.test.ts'], sequence: { groupOrder: 0 } } },
      // What measures is slowed by whatever runs beside it.
      { extends: true, test: { name: 'alone', include: ['test/e2e/alone/*.test.ts'], sequence: { groupOrder: 1 } } },
    ],
    // The browser first: where it is missing, nothing else has been started yet.
    globalSetup: [
      'test/e2e/support/browser-for-the-run.ts',
      'test/support/global-setup.ts',
      'test/support/run-directory.ts',
      'test/e2e/support/console-for-the-run.ts',
    ],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // Each has a browser, a program and a PostgreSQL at work beside it, and waits for them most of the time.
    maxWorkers: 3,
    // Nobody chooses what else the CI's machine does: a test gets a second try there, and is named.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // A slow machine must not turn a test red: these only end what hangs.
    testTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    hookTimeout: 300_000,
  },
});
