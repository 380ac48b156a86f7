import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/integration/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts', 'test/support/run-directory.ts'],
    reporters: [
      'default',
      [
        './test/support/count-reporter.ts',
        { leftOut: 'what takes long (npm run test:long), and what needs a browser (npm run test:e2e)' },
      ],
    ],
    pool: 'forks',
    // More than a small machine has cores: the longest tests mostly wait, for a lease to run out or a process to end.
    maxWorkers: 4,
    // Nobody chooses what else the CI's machine does: a test gets a second try there, and is named.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // A slow machine must not turn a test red: these only end what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
