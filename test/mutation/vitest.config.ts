import { defineConfig } from 'vitest/config';

/** What Stryker runs against each mutant: all that is quick. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/run-directory.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
