import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const UNIT = fileURLToPath(new URL('../unit/', import.meta.url));

/** What is about the console says nothing of the sweep. */
const aboutTheConsole = readdirSync(UNIT)
  .filter((name) => readFileSync(`${UNIT}${name}`, 'utf8').includes('/web/'))
  .map((name) => `test/unit/${name}`);

/** What is run against each mutant of a sample: all that is about the sweep, or the API over it. */
export default defineConfig({
  test: {
    include: ['test/unit/*.test.ts', 'test/integration/*.test.ts'],
    exclude: [
      ...aboutTheConsole,
      'test/unit/{architecture,simulated-control-plane}.test.ts',
      'test/integration/{test-environment,test-database,bench-database,demo-stage,simulated-platform}.test.ts',
      'test/integration/published-*.test.ts',
    ],
    globalSetup: ['test/support/global-setup.ts', 'test/support/run-directory.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
