import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for what the tests of this run share, removed at its end. See process.ts. */
    runDirectory: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'orphan-sweeper-run-'));
  // What was built is there, and is also run as somebody else.
  await chmod(directory, 0o755);
  project.provide('runDirectory', directory);
  return () => rm(directory, { recursive: true });
}
