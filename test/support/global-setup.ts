import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { startDatabaseProcess } from '../../server/db/throwaway-process.ts';
import { isolate } from '../../server/isolation.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The superuser's URL of the one PostgreSQL of this run. See database.ts for a database of your own. */
    postgresUrl: string;
    /** The folder it lives in: everybody may enter it, and it is gone after the run, however that ends. */
    postgresDirectory: string;
  }
}

const SERVER = fileURLToPath(new URL('run-postgres.ts', import.meta.url));

/** One PostgreSQL for the whole run, whatever the environment says: tests create and drop roles and databases. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { ignored, sentence } = isolate(process.env, 'This run of the tests');
  if (sentence !== null) console.log(sentence);
  // Before the workers are started, which get this environment, too.
  for (const name of ignored) delete process.env[name];

  const env = { ...process.env, TSX_DISABLE_CACHE: '1' };
  const database = startDatabaseProcess([process.execPath, '--import', 'tsx', SERVER], env);
  const { url, folder } = await database.started;
  project.provide('postgresUrl', url);
  project.provide('postgresDirectory', folder);
  return database.stop;
}
