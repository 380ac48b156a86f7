import { type BackendKind, wordsOf } from '../../../server/sweep/outcome.ts';

/** What cannot be undone; goes on after "a". With a container its volumes go, and all that is in them. */
export function noWayBack(kind: BackendKind | null): string {
  return `stopped ${wordsOf(kind).instance} does not come back${kind === 'docker' ? ', nor do its volumes' : ''}`;
}
