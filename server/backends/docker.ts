import { Type } from 'typebox';
import Value from 'typebox/value';
import type {
  Backend,
  Container,
  ContainerQuery,
  Containers,
  StateAnswer,
  Step,
  SteppedRequest,
  StopAnswer,
  StopFailure,
  StopRequest,
  StopTarget,
} from './backend.ts';
import { isOwn, isVolumeOf, workspaceIn } from './container-name.ts';
import type { DockerEngine, EngineAnswer } from './docker-engine.ts';
import { createMessageWriter } from './message.ts';

const MANAGED = 'molecule.platform.managed=true';

const Listed = Type.Object({
  Id: Type.String(),
  Names: Type.Union([Type.Array(Type.String()), Type.Null()]),
  Created: Type.Number(),
});
const Listing = Type.Array(Listed);
const Inspected = Type.Object({
  Name: Type.String(),
  State: Type.Object({ Status: Type.String() }),
  Mounts: Type.Array(Type.Object({ Type: Type.Optional(Type.String()), Name: Type.Optional(Type.String()) })),
});
const Volume = Type.Object({ CreatedAt: Type.String() });

const write = createMessageWriter([]);

/**
 * The Docker Engine as a backend: instances are containers, by their ids. A Stop is the container, removed by force (or a
 * restart policy would revive it), then the volumes that it had mounted, each with its own recheck before it.
 */
export function createDocker(engine: DockerEngine): Backend & Containers {
  return {
    kind: 'docker',
    place: engine.place,
    stop: (target, request) => stop(engine, target, request),
    look: (target, request) => look(engine, target, request),
    list: (query, signal) => list(engine, query, signal),
    close: () => engine.close(),
  };
}

async function stop(engine: DockerEngine, target: StopTarget, request: SteppedRequest): Promise<StopAnswer> {
  const { steps } = request;
  if (!isContainerId(target.instanceId))
    return failed('rejected', null, 'the id is no container id: it cannot be sent');
  let left = await steps.left();
  const isFirst = left.length === 0;
  if (isFirst) {
    const planned = await plan(engine, target, request);
    if (!('steps' in planned)) return planned;
    await steps.plan(planned.steps);
    left = planned.steps;
  }
  let taken = false;
  for (const step of left) {
    if (!(await steps.mayGoOn())) {
      // Nothing of it was begun: if others remove the container now, its volumes are theirs.
      if (isFirst && !taken) await steps.plan([]);
      return { kind: 'halted', httpStatus: null, taken };
    }
    const failure = await (step.kind === 'container' ? removeContainer : removeVolume)(engine, step, request);
    if (failure !== null) return failure;
    await steps.done(step);
    taken = true;
  }
  return { kind: 'accepted', httpStatus: null };
}

/** The container, and of the volumes that it has mounted those that the platform made for its workspace. */
async function plan(
  engine: DockerEngine,
  { instanceId }: StopTarget,
  request: StopRequest,
): Promise<{ readonly steps: readonly Step[] } | StopAnswer> {
  const found = await ask(engine, 'GET', `/containers/${instanceId}/json`, request);
  if (found.kind === 'failed') return found;
  if (isGone(found)) return { kind: 'gone', httpStatus: 404, message: said(found) };
  if (found.status !== 200 || !Value.Check(Inspected, found.body)) return refusal(found);
  const workspace = workspaceIn(found.body.Name.replace(/^\//, '')) ?? '';
  const names = found.body.Mounts.flatMap((mount) =>
    mount.Type === 'volume' && mount.Name !== undefined && isVolumeOf(workspace, mount.Name) ? [mount.Name] : [],
  );
  const steps: Step[] = [{ kind: 'container', name: instanceId, createdAt: null }];
  for (const name of names) {
    const volume = await readVolume(engine, name, request);
    if (typeof volume !== 'string' && volume !== null) return volume;
    if (volume !== null) steps.push({ kind: 'volume', name, createdAt: volume });
  }
  return { steps };
}

async function removeContainer(
  engine: DockerEngine,
  { name }: Step,
  request: StopRequest,
): Promise<StopFailure | null> {
  const answer = await ask(engine, 'DELETE', `/containers/${name}?force=true`, request);
  if (answer.kind === 'failed') return answer;
  return answer.status === 204 || isGone(answer) ? null : refusal(answer);
}

/** Never by force, and never another one that has come under the same name. */
async function removeVolume(
  engine: DockerEngine,
  { name, createdAt }: Step,
  request: StopRequest,
): Promise<StopFailure | null> {
  const volume = await readVolume(engine, name, request);
  if (typeof volume !== 'string' && volume !== null) return volume;
  if (volume === null || volume !== createdAt) return null;
  const answer = await ask(engine, 'DELETE', `/volumes/${encodeURIComponent(name)}`, request);
  if (answer.kind === 'failed') return answer;
  return answer.status === 204 || isGone(answer)
    ? null
    : refusal(answer, `the container is gone, its volume ${name} is not: `);
}

/** @returns when it was made; null: there is none of that name */
async function readVolume(
  engine: DockerEngine,
  name: string,
  request: StopRequest,
): Promise<string | null | StopFailure> {
  const answer = await ask(engine, 'GET', `/volumes/${encodeURIComponent(name)}`, request);
  if (answer.kind === 'failed') return answer;
  if (isGone(answer)) return null;
  return answer.status === 200 && Value.Check(Volume, answer.body) ? answer.body.CreatedAt : refusal(answer);
}

async function look(engine: DockerEngine, { instanceId }: StopTarget, request: StopRequest): Promise<StateAnswer> {
  if (!isContainerId(instanceId)) return failed('rejected', null, 'the id is no container id: it cannot be sent');
  const answer = await ask(engine, 'GET', `/containers/${instanceId}/json`, request);
  if (answer.kind === 'failed') return answer;
  if (isGone(answer)) return { kind: 'state', state: 'not_found' };
  if (answer.status !== 200 || !Value.Check(Inspected, answer.body)) return refusal(answer);
  return { kind: 'state', state: STATES.get(answer.body.State.Status) ?? answer.body.State.Status };
}

/** Docker's words for what a container does, in those of the contract. */
const STATES = new Map([
  ['running', 'running'],
  ['restarting', 'running'],
  ['paused', 'running'],
  ['removing', 'stopping'],
  ['created', 'stopped'],
  ['exited', 'stopped'],
  ['dead', 'stopped'],
]);

async function list(
  engine: DockerEngine,
  query: ContainerQuery,
  signal: AbortSignal,
): Promise<readonly Container[] | StopFailure> {
  const path = `/containers/json?all=true&filters=${encodeURIComponent(JSON.stringify(filtersOf(query)))}`;
  const answer = await ask(engine, 'GET', path, { signal });
  if (answer.kind === 'failed') return answer;
  if (answer.status !== 200 || !Value.Check(Listing, answer.body)) return refusal(answer);
  const found = answer.body.flatMap(({ Id: instanceId, Names: names, Created: created }) => {
    // The name of a container that is linked to stands among its own with the other's before it.
    const name = names?.find((one) => workspaceIn(one.slice(1)) !== null)?.slice(1);
    const workspace = name === undefined ? null : workspaceIn(name);
    if (name === undefined || workspace === null) return [];
    return [{ instanceId, name, workspace, createdAt: new Date(created * 1000).toISOString() }];
  });
  return query === 'managed' ? found.filter((one) => isOwn(one.workspace)) : found;
}

function filtersOf(query: ContainerQuery): Readonly<Record<string, readonly string[]>> {
  if (query === 'named') return { name: ['ws-'] };
  if (query === 'managed') return { name: ['ws-'], label: [MANAGED] };
  return { id: query };
}

/** So that nothing else can ever stand in a path. */
function isContainerId(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}

async function ask(
  engine: DockerEngine,
  method: 'GET' | 'DELETE',
  path: string,
  { signal }: Pick<StopRequest, 'signal'>,
): Promise<EngineAnswer | StopFailure> {
  const answer = await engine.call({ method, path, signal });
  return answer.kind === 'answer' ? answer : failed(answer.class, null, answer.message);
}

/** A 404 alone proves nothing: a proxy in between, or a wrong address, says it of everything. The Engine says what is not there. */
function isGone(answer: EngineAnswer): boolean {
  return answer.status === 404 && /no such (container|volume)/i.test(sentenceIn(answer));
}

function refusal(answer: EngineAnswer, before = ''): StopFailure {
  return failed(classOf(answer), answer.status, `${before}${said(answer)}`);
}

function classOf(answer: EngineAnswer): StopFailure['class'] {
  const { status } = answer;
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'throttled';
  if (status === 409) return /already in progress/i.test(sentenceIn(answer)) ? 'in_progress' : 'rejected';
  if (status === 408 || (status >= 500 && status <= 599)) return 'transient';
  return 'rejected';
}

function said(answer: EngineAnswer): string {
  const sentence = sentenceIn(answer);
  return write(`answered ${answer.status}${sentence === '' ? '' : `: ${sentence}`}`);
}

const Said = Type.Object({ message: Type.String() });

function sentenceIn({ status, body }: EngineAnswer): string {
  if (Value.Check(Said, body)) return body.message;
  if (status === 200) return 'what it said is not what a Docker Engine says';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function failed(failure: StopFailure['class'], httpStatus: number | null, message: string): StopFailure {
  return { kind: 'failed', class: failure, httpStatus, message, retryAfterMs: null };
}
