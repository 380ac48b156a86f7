import type { TestProject } from 'vitest/node';
import { builtProject } from '../../support/built-project.ts';

/** Before the first test, and once: what two build beside each other takes each of them twice as long. */
export default async function setup(project: TestProject): Promise<void> {
  await builtProject(project.getProvidedContext().runDirectory, { console: true });
}
