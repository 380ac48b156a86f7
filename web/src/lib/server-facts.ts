import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import { wordsOf } from '../../../server/sweep/outcome.ts';
import { settingValue } from './settings.ts';

/** Whether the backend was seen to know this platform's instances, in one sentence. */
export function positiveControlWords({ backend }: Pick<Status, 'backend'>, settings: ConfigAnswer): string {
  if (backend.kind === 'docker') return 'Not needed: the Docker Engine lists the containers itself';
  const { backend: named, instance } = wordsOf(backend.kind);
  if (settingValue(settings, 'POSITIVE_CONTROL') === false) {
    return `Not asked: POSITIVE_CONTROL is false. A ${named} that knows none of them would not be noticed.`;
  }
  switch (backend.positiveControl) {
    case 'known':
      return `The ${named} knows this platform's live ${instance}s`;
    case 'not_known':
      return backend.positiveControlMessage ?? `The ${named} does not know this platform's live ${instance}s.`;
    case 'unknown':
      return `Not known: not asked yet, there is no live ${instance} to ask about, or it tells no states`;
  }
}

/** Whose orphans the inventory holds; null: as this server was set up, or nobody's yet. */
export function knownAs({ fingerprints: { here, known } }: Pick<Status, 'fingerprints'>): string | null {
  return known === here ? null : known;
}
