import { defineConfig } from 'vitest/config';

/** What takes long: real processes that start, crash and are waited for, embedded databases, an outage of half an hour, lists of many pages. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/run-directory.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // They mostly wait, for a lease to run out or a process to end.
    maxWorkers: 4,
    // Nobody chooses what else the CI's machine does: a test gets a second try there, and is named.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // A slow machine must not turn a test red: these only end what hangs.
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
