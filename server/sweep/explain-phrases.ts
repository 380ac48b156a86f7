import { type BackendKind, type BackendWords, wordsOf } from './outcome.ts';

/**
 * What is said of orphans otherwise for each kind of backend: a control plane stops what a row names by
 * an id, which is then cleared; the Docker Engine removes a container, and no row knows of it.
 */
export interface Phrases extends BackendWords {
  readonly alreadyGone: string;
  readonly accepted: string;
  readonly lookDue: string;
  readonly lookConfirmed: string;
  readonly lookUnconfirmed: string;
  readonly lookReappeared: string;
  readonly resolvedExternally: string;
  readonly beingStopped: string;
  readonly stillThere: string;
  readonly thereAgain: string;
  /** As a cause. */
  readonly stillThereCause: string;
  readonly notFinished: string;
  readonly triedAgain: string;
  readonly shared: string;
  readonly sharedNext: string;
  readonly credentials: string;
  /** While the platform cannot be asked. */
  readonly platformBack: string;
  readonly keptByUs: string;
  /** Of one without a row, while it is not to be stopped. */
  readonly onlyReported: string;
}

const STOPPED_TWICE = '(stopping twice is harmless)';

const CONTROL_PLANE: Phrases = {
  ...wordsOf('control-plane'),
  alreadyGone: 'The control plane said that the instance does not exist any more, so its id was cleared.',
  accepted: 'The control plane accepted the Stop and its id was cleared.',
  lookDue:
    'The control plane accepted the Stop and its id was cleared; whether the instance is really gone is still to be looked at.',
  lookConfirmed: 'The control plane accepted the Stop, its id was cleared, and a second look found the instance gone.',
  lookUnconfirmed: 'Its id was cleared after a Stop; that the instance terminated could not be confirmed.',
  lookReappeared:
    'Its id was cleared after a Stop, but a second look found the instance still running; it is listed anew.',
  resolvedExternally: 'The platform took the instance id off the removed workspace itself; nothing was left to stop.',
  beingStopped: 'its instance was being stopped',
  stillThere: 'Its workspace is removed and still carries the instance id',
  thereAgain: 'Its workspace is removed and carries the instance id again',
  stillThereCause: 'a removed workspace still carries its instance',
  notFinished: "the Stop was accepted, but the platform's database did not clear the id",
  triedAgain: `both are tried again ${STOPPED_TWICE}`,
  shared: 'a live workspace names the same instance',
  sharedNext: 'it is tried again and stopped once no live workspace names it',
  credentials: 'CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN are right',
  platformBack: "the platform's database can be asked and written again",
  keptByUs: 'its instance is kept here by its id',
  onlyReported: 'reported and not stopped',
};

const DOCKER: Phrases = {
  ...wordsOf('docker'),
  alreadyGone: 'The Docker Engine said that the container does not exist any more.',
  accepted: 'The Docker Engine accepted the Stop and its container was removed.',
  lookDue:
    'The Docker Engine accepted the Stop and its container was removed; whether it is really gone is still to be looked at.',
  lookConfirmed: 'The Docker Engine accepted the Stop, its container was removed, and a second look found it gone.',
  lookUnconfirmed: 'Its container was removed by a Stop; that it is gone could not be confirmed.',
  lookReappeared: 'Its container was removed by a Stop, but a second look found it still there; it is listed anew.',
  resolvedExternally: 'Its container is gone, and was not removed from here; nothing was left to stop.',
  beingStopped: 'its container was being removed',
  stillThere: 'Its workspace is removed and its container is still there',
  thereAgain: 'Its workspace is removed and its container is there again',
  stillThereCause: 'a removed workspace still has its container',
  notFinished: 'the Stop was accepted, but what belongs to the container could not be removed',
  triedAgain: `it is tried again ${STOPPED_TWICE}`,
  shared: 'the name of the container may be that of another workspace',
  sharedNext: 'it is tried again and stopped once its name is that of one workspace alone',
  credentials: 'DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are right',
  platformBack: "containers can be listed and the platform's database can be asked again",
  keptByUs: 'its container is known here by its id',
  onlyReported: 'only reported until DOCKER_SWEEP_UNKNOWN=true',
};

export function phrasesOf(kind: BackendKind | null): Phrases {
  return kind === 'docker' ? DOCKER : CONTROL_PLANE;
}
