import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the one PostgreSQL of this run. See database.ts for a database of your own. */
    postgresUrl: string;
    /** The folder it lives in: everybody may enter it, and it is gone after the run, however that ends. */
    postgresDirectory: string;
  }
}

const SERVER = fileURLToPath(new URL('run-postgres.ts', import.meta.url));

/** One PostgreSQL for the whole run, whatever DATABASE_URL says: tests create and drop roles and databases. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = spawn(process.execPath, ['--import', 'tsx', SERVER], {
    // A Ctrl-C is for us: the server is told by the end of its input, after the tests.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
  });
  const exited = once(server, 'exit');
  const firstLine = once(createInterface({ input: server.stdout }), 'line');
  const [line] = await Promise.race([firstLine, exited]);
  if (typeof line !== 'string') throw new Error('the PostgreSQL of the tests did not start: see above');
  const { url, directory }: { url: string; directory: string } = JSON.parse(line);
  project.provide('postgresUrl', url);
  project.provide('postgresDirectory', directory);
  return async () => {
    server.stdin.end();
    const [code] = await exited;
    if (code !== 0) throw new Error('the PostgreSQL of the tests did not stop: see above');
  };
}
