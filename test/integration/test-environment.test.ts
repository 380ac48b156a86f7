import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/embedded-cases.ts';
import { portOf } from '../support/proxy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TESTS = ['test/integration/test-database.test.ts', 'test/integration/simulated-platform.test.ts'];

test('a run of the tests never goes to what the environment is set up for, and says so', async () => {
  let connections = 0;
  const foreign = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void foreign.close());
  const port = String(portOf(foreign.address()));

  const vitest = join(fileURLToPath(new URL('.', import.meta.resolve('vitest/package.json'))), 'vitest.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [vitest, 'run', '--bail=1', ...TESTS], {
    cwd: ROOT,
    env: {
      PATH: process.env['PATH'],
      TMPDIR: await temporaryFolder(),
      NO_COLOR: '1',
      DATABASE_URL: `postgres://me:secret@127.0.0.1:${port}/production`,
      CONTROL_PLANE_URL: `http://127.0.0.1:${port}`,
      SWEEP_LIMIT: '0',
      PGHOST: '127.0.0.1',
      PGPORT: port,
      // Every write of the tests would fail.
      PGOPTIONS: '-c default_transaction_read_only=on',
    },
  });
  expect(stdout).toContain(
    'This run of the tests works only on what it has started itself, and ignores these settings: CONTROL_PLANE_URL, ' +
      'DATABASE_URL, SWEEP_LIMIT, PGHOST, PGPORT, PGOPTIONS.',
  );
  expect(stdout).toMatch(/^[1-9]\d* passed, 0 failed$/m);
  expect(connections).toBe(0);
});
