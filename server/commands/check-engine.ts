import type { Containers } from '../backends/backend.ts';
import { type Finding, not, ok, setting } from './checklist.ts';
import { count } from './words.ts';

const TIMEOUT_MS = 15_000;

/** Asks the Docker Engine for the containers that bear a workspace's name. Changes nothing. */
export async function engineFinding({ place, list }: Containers): Promise<Finding> {
  const answer = await list('named', AbortSignal.timeout(TIMEOUT_MS));
  if (!('kind' in answer)) return ok(`${place} answers, with ${count(answer.length, 'container')} of workspaces`);
  return not(
    `${place} does not say which containers there are (${answer.message.replace(/\.+$/, '')})`,
    setting('DOCKER_HOST, and let this user use the socket'),
  );
}
