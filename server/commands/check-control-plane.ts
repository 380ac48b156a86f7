import { randomUUID } from 'node:crypto';
import type { Backend, StateAnswer } from '../backends/backend.ts';
import type { Config, ControlPlaneConfig } from '../config.ts';
import type { Clock } from '../sweep/clock.ts';
import { inTime } from '../sweep/in-time.ts';
import type { Platform } from '../sweep/platform.ts';
import { PlatformFault } from '../sweep/platform-fault.ts';
import { type Asked, askAboutLive, judgeAsked } from '../sweep/positive-control.ts';
import { type Checklist, type Finding, not, note, ok, setting, unknown } from './checklist.ts';

export interface ControlPlaneChecked {
  readonly config: Config;
  /** Null: none is set up. */
  readonly backend: Backend | null;
  /** Null: there is no database to ask. */
  readonly platform: Platform | null;
  readonly clock: Clock;
  /** The platform's table can be read. */
  readonly canReadPlatform: boolean;
}

/** An instance that nobody has: asking for its status tells whether anybody answers, and changes nothing. */
const NOBODY = { workspaceId: '00000000-0000-0000-0000-000000000000', instanceId: 'orphan-sweeper-check' };

/** Asks for the status of live instances, as a sweep does before its first Stop. No Stop is ever sent from here. */
export async function checkControlPlane(list: Checklist, of: ControlPlaneChecked): Promise<void> {
  const { config, backend } = of;
  if (backend === null || config.backend?.kind !== 'control-plane') {
    const missing = not('none is set, so nothing is stopped', setting('CONTROL_PLANE_URL'));
    await list.ask('control_plane', ['settings'], () => missing);
    for (const check of ['credentials', 'status_route', 'instances'] as const) {
      await list.ask(check, ['control_plane'], () => unknown(''));
    }
    return;
  }
  const { url } = config.backend;
  const settings = config.backend;
  const asked = await question(of, backend);
  const answer = asked.last ?? (await lookAt(of, backend));
  await list.ask('control_plane', ['settings'], () => reachable(answer, url));
  await list.ask('credentials', ['control_plane'], () => accepted(answer, settings));
  await list.ask('status_route', ['control_plane', 'credentials'], () => statusRoute(answer, config, url));
  await list.ask('instances', ['control_plane', 'credentials', 'status_route'], () => known(asked));
}

interface Question extends Asked {
  /** Why nothing could be asked; null: it could. */
  readonly hindrance: string | null;
}

async function question(of: ControlPlaneChecked, backend: Backend): Promise<Question> {
  const { config, canReadPlatform, platform, clock } = of;
  const none = (hindrance: string): Question => ({ count: 0, last: null, hindrance });
  if (!config.sweep.positiveControl) return none('POSITIVE_CONTROL is false');
  if (platform === null || !canReadPlatform) return none('mend what is about the platform first');
  const timeoutMs = config.sweep.stopTimeoutMs;
  try {
    const asked = await askAboutLive({ platform, clock, timeoutMs }, backend, new AbortController().signal);
    return { ...asked, hindrance: null };
  } catch (error) {
    if (error instanceof PlatformFault) return none(error.message);
    throw error;
  }
}

function lookAt({ clock, config }: ControlPlaneChecked, backend: Backend): Promise<StateAnswer> {
  const cut = new AbortController().signal;
  return inTime({ clock, timeoutMs: config.sweep.stopTimeoutMs, cut }, 'The question', (signal) =>
    backend.look(NOBODY, { requestId: randomUUID(), signal }),
  );
}

function reachable(answer: StateAnswer, url: string): Finding {
  if (answer.kind !== 'failed') return ok(`${url} answers`);
  switch (answer.class) {
    case 'unreachable':
    case 'timeout':
      return not(
        `${url} does not answer (${withoutDot(answer.message)})`,
        setting('CONTROL_PLANE_URL, if that is wrong'),
      );
    case 'transient':
    case 'throttled':
      return not(
        `${url} answers with errors only: ${answer.message}`,
        setting('CONTROL_PLANE_URL, if that is wrong; else see its log'),
      );
    default:
      return ok(`${url} answers`);
  }
}

function accepted(answer: StateAnswer, { sharedSecret, adminToken }: ControlPlaneConfig): Finding {
  const sent = [
    ...(sharedSecret === null ? [] : ['CONTROL_PLANE_SHARED_SECRET']),
    ...(adminToken === null ? [] : ['CONTROL_PLANE_ADMIN_TOKEN']),
  ];
  const what = sent.length === 0 ? 'none are set' : `${sent.join(' and ')} ${sent.length === 1 ? 'is' : 'are'} set`;
  if (answer.kind === 'no_route') return unknown(`${what}; the answer does not tell whether that is right`);
  if (answer.kind === 'failed' && (answer.class === 'unauthorized' || answer.class === 'forbidden')) {
    return not(
      `${what}, and the control plane refuses that (${answer.message})`,
      setting('CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN as the platform itself has them'),
    );
  }
  return ok(`${what}, and the control plane accepts that`);
}

function statusRoute(answer: StateAnswer, { sweep }: Config, url: string): Finding {
  if (answer.kind === 'state') return ok(`GET ${url}/cp/workspaces/…/status tells a state`);
  const says = `GET ${url}/cp/workspaces/…/status tells no state (${withoutDot(answer.message)})`;
  if (!sweep.positiveControl && sweep.secondLookMs === 0) return note(`${says}; nobody asks for it`);
  return not(
    `${says}: no 404 is believed without it, and no Stop is confirmed`,
    setting(
      'CONTROL_PLANE_URL to what stands before /cp/workspaces; for a control plane that has no such route, POSITIVE_CONTROL=false and SECOND_LOOK_SECONDS=0',
    ),
  );
}

function known(asked: Question): Finding {
  if (asked.hindrance !== null) return unknown(`not asked: ${asked.hindrance}`);
  if (asked.last === null) return unknown('no live workspace has an instance to ask about');
  const { result, message } = judgeAsked(asked);
  if (result === 'not_known') return not(message ?? 'none of them');
  if (result === 'known') return ok("the control plane knows this platform's instances");
  return unknown('the one live instance there is is not known to the control plane: that proves nothing yet');
}

function withoutDot(message: string): string {
  return message.replace(/\.+$/, '');
}
