import { defineConfig } from 'vitest/config';

/** What is tried in a real browser. Apart from the other tests, which need none. */
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.test.ts'],
    // The browser first: where it is missing, nothing else has been started yet.
    globalSetup: [
      'test/e2e/support/browser-for-the-run.ts',
      'test/support/global-setup.ts',
      'test/support/run-directory.ts',
    ],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // Each has a browser, a program and a PostgreSQL at work beside it; and what is measured wants to be alone.
    maxWorkers: 1,
    // A slow machine must not turn a test red: these only end what hangs.
    testTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    hookTimeout: 120_000,
  },
});
