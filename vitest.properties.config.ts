import { defineConfig } from 'vitest/config';

/** Random sequences of events against a model. Apart from the other tests: they take minutes. */
export default defineConfig({
  test: {
    include: ['test/properties/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/run-directory.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    maxWorkers: 4,
    testTimeout: 3_600_000,
    hookTimeout: 120_000,
  },
});
