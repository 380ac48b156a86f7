import { type Answer, isHtml, retryAfterMs, stateIn } from './answer.ts';
import type { Backend, StateAnswer, StopAnswer, StopFailure, StopRequest, StopTarget } from './backend.ts';
import { createMessageWriter, type WriteMessage } from './message.ts';
import { createPeer, type NoAnswer, type Peer } from './peer.ts';
import { spokenIn } from './spoken.ts';

export interface ControlPlaneOptions {
  /** http or https; may have a path, with or without a slash at its end. */
  readonly url: string;
  readonly sharedSecret: string | null;
  readonly adminToken: string | null;
  /** Our own version, for the User-Agent. */
  readonly version: string;
}

/** Everything that is needed to ask one control plane. */
interface Line {
  readonly peer: Peer;
  readonly base: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly userAgent: string;
  readonly write: WriteMessage;
}

/** Throws when the options cannot make a request at all; the message names the setting and shows no secret. */
export function createControlPlane(options: ControlPlaneOptions): Backend<StopRequest> {
  const line = openLine(options);
  return {
    kind: 'control-plane',
    stop: (target, request) => stop(line, target, request),
    look: (target, request) => look(line, target, request),
    close: async () => line.peer.close(),
  };
}

async function stop(line: Line, target: StopTarget, request: StopRequest): Promise<StopAnswer> {
  const answer = await call(line, 'DELETE', target, request);
  if (answer.kind !== 'answer') return answer;
  const { status } = answer;
  if (status >= 200 && status <= 299) {
    return isHtml(answer) ? rejected(line, answer, 'a page, not an answer of a control plane') : accepted(status);
  }
  if (status === 410) return { kind: 'gone', httpStatus: 410, message: said(line, answer) };
  if (status === 404) return confirmGone(line, target, request, said(line, answer));
  return refusal(line, answer);
}

/** A mistyped URL, a proxy or a renamed route answer 404 to everything: only the status route can say "not there". */
async function confirmGone(line: Line, target: StopTarget, request: StopRequest, first: string): Promise<StopAnswer> {
  const answer = await askState(line, target, request);
  if (answer.kind === 'state' && (answer.state === 'terminated' || answer.state === 'not_found')) {
    return { kind: 'gone', httpStatus: 404, message: `answered 404, and its status is "${answer.state}"` };
  }
  const came = answer.kind === 'state' ? `its state is "${answer.state}"` : answer.message;
  // The Stop itself was answered, so a confirmation that fails, hangs or is cut off makes it an unconfirmed 404.
  const message = line.write(
    `answered 404, which alone proves nothing; asked for its status: ${came}; first: ${first}`,
  );
  return { kind: 'failed', class: 'rejected', httpStatus: 404, message, retryAfterMs: null };
}

/** A refusal, a page or an answer without a state is no status route: asking again would bring the same. */
async function look(line: Line, target: StopTarget, request: StopRequest): Promise<StateAnswer> {
  const answer = await askState(line, target, request);
  if (answer.kind === 'state' || answer.class !== 'rejected' || answer.httpStatus === null) return answer;
  return { kind: 'no_route', message: answer.message };
}

type AskedState = { readonly kind: 'state'; readonly state: string } | StopFailure;

/** Asks what the control plane believes the instance to be doing. Never throws. */
async function askState(line: Line, target: StopTarget, request: StopRequest): Promise<AskedState> {
  const answer = await call(line, 'GET', target, request);
  if (answer.kind !== 'answer') return answer;
  if (answer.status < 200 || answer.status > 299) return refusal(line, answer);
  if (isHtml(answer)) return rejected(line, answer, 'a page, not an answer of a control plane');
  const state = answer.whole ? stateIn(answer.text) : null;
  return state === null ? rejected(line, answer, 'no state in it') : { kind: 'state', state };
}

async function call(
  line: Line,
  method: 'DELETE' | 'GET',
  target: StopTarget,
  { requestId, signal }: StopRequest,
): Promise<Answer | StopFailure> {
  const problem = unsendable('workspace id', target.workspaceId) ?? unsendable('instance id', target.instanceId);
  if (problem !== null) return failed(line, 'rejected', problem);
  const route = method === 'GET' ? '/status' : '';
  const workspace = `${line.base}/cp/workspaces/${encodeURIComponent(target.workspaceId)}${route}`;
  const url = new URL(`${workspace}?instance_id=${encodeURIComponent(target.instanceId)}`);
  const headers = { ...line.credentials, 'X-Request-Id': requestId, 'User-Agent': line.userAgent };
  const answer: Answer | NoAnswer = await line.peer.call({ method, url, headers, signal });
  return answer.kind === 'answer' ? answer : failed(line, answer.class, answer.message);
}

/**
 * Why an id can not be sent, or null. A URL takes "." and ".." (and nothing) for directions and leaves them out, so the
 * request would mean something else; half of a surrogate pair has no UTF-8 form. The instance id is held to the same
 * rule: what it becomes on the other side is not known here, and no instance is called "..".
 */
function unsendable(name: string, id: string): string | null {
  if (id === '') return `the ${name} is empty: it cannot be sent`;
  if (id === '.' || id === '..') return `the ${name} is "${id}": it cannot be sent`;
  return /\p{Cs}/u.test(id) ? `the ${name} is not valid Unicode: it cannot be sent` : null;
}

function accepted(httpStatus: number): StopAnswer {
  return { kind: 'accepted', httpStatus };
}

/** A failure without an answer. */
function failed(line: Line, failure: StopFailure['class'], message: string): StopFailure {
  return { kind: 'failed', class: failure, httpStatus: null, message: line.write(message), retryAfterMs: null };
}

function rejected(line: Line, answer: Answer, why: string): StopFailure {
  const message = line.write(`answered ${answer.status}, but ${why}${quoted(answer)}`, !answer.whole);
  return { kind: 'failed', class: 'rejected', httpStatus: answer.status, message, retryAfterMs: null };
}

/** An answer that is not 2xx, and neither of the two that may mean "gone". */
function refusal(line: Line, answer: Answer): StopFailure {
  const failure = classOf(answer);
  const pause = failure === 'throttled' && answer.retryAfter !== null ? answer.retryAfter : '';
  return {
    kind: 'failed',
    class: failure,
    httpStatus: answer.status,
    message: said(line, answer),
    retryAfterMs: retryAfterMs(pause, Date.now()),
  };
}

function classOf({ status, retryAfter }: Answer): StopFailure['class'] {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 409) return 'in_progress';
  if (status === 429 || (status === 503 && retryAfter !== null)) return 'throttled';
  if (status === 408 || (status >= 500 && status <= 599)) return 'transient';
  return 'rejected';
}

function said(line: Line, answer: Answer): string {
  const where = answer.location === null ? '' : ` with a redirect to ${answer.location}, which is not followed`;
  return line.write(`answered ${answer.status}${where}${quoted(answer)}`, !answer.whole);
}

function quoted({ text }: Answer): string {
  return text.trim() === '' ? '' : `: ${spokenIn(text)}`;
}

function openLine({ url, sharedSecret, adminToken, version }: ControlPlaneOptions): Line {
  const base = baseOf(url);
  const credentials: Record<string, string> = {};
  if (sharedSecret !== null) {
    credentials['Authorization'] = `Bearer ${sendable('CONTROL_PLANE_SHARED_SECRET', sharedSecret)}`;
  }
  if (adminToken !== null) credentials['X-Molecule-Admin-Token'] = sendable('CONTROL_PLANE_ADMIN_TOKEN', adminToken);
  return {
    peer: createPeer(base.protocol),
    base: base.text,
    credentials,
    userAgent: `orphan-sweeper/${version}`,
    write: createMessageWriter([sharedSecret, adminToken].filter((secret) => secret !== null)),
  };
}

function baseOf(url: string): { protocol: 'http:' | 'https:'; text: string } {
  const { protocol, username, password, search, hash, origin, pathname } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error('CONTROL_PLANE_URL must begin with http or https');
  if (username !== '' || password !== '') {
    throw new Error('CONTROL_PLANE_URL must not hold a user name or password: they would show in messages');
  }
  if (search !== '' || hash !== '') throw new Error('CONTROL_PLANE_URL must not hold a "?" or "#" part');
  return { protocol, text: origin + pathname.replace(/\/+$/, '') };
}

/** A header takes printable ASCII without a space at either end; what is sent must be what is masked in messages. */
function sendable(setting: string, secret: string): string {
  if (/^[!-~]([ -~]*[!-~])?$/.test(secret)) return secret;
  throw new Error(`${setting} must be printable ASCII, not empty, without a space at either end`);
}
