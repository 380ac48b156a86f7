import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import type { Closing } from '../../server/demo/closing.ts';
import type { TimedStop } from './figures.ts';

export interface BenchControlPlane {
  readonly url: string;
  /** A new instance for each of these workspaces, in their order. */
  launch(workspaceIds: readonly string[]): Promise<string[]>;
  /** The Stops since the last question, with the milliseconds of this process' `performance.timeOrigin` clock. */
  newStops(): Promise<AnsweredStop[]>;
}

export interface AnsweredStop extends TimedStop {
  readonly status: number | null;
}

/** Milliseconds that compare with those of the control plane's process. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

const AT_ONCE = 20;

export async function startControlPlaneProcess(closing: Closing, stopMs: number): Promise<BenchControlPlane> {
  const child = fork(fileURLToPath(new URL('control-plane-process.ts', import.meta.url)), [String(stopMs)], {
    env: {},
    execArgv: ['--import', 'tsx'],
  });
  const exited = once(child, 'exit');
  closing.add(async () => {
    child.kill();
    await exited;
  });
  const answer = async <Message>(): Promise<Message> => {
    const [message]: [Message] = await Promise.race([
      once(child, 'message').then(([first]) => [first] satisfies [Message]),
      exited.then(() => Promise.reject(new Error('the control plane has ended'))),
    ]);
    return message;
  };
  const { url } = await answer<{ url: string }>();

  const launchOne = async (workspaceId: string): Promise<string> => {
    const response = await fetch(`${url}/cp/workspaces/${workspaceId}`, { method: 'POST' });
    const { instance_id: instanceId }: { instance_id: string } = JSON.parse(await response.text());
    return instanceId;
  };
  const limit = pLimit(AT_ONCE);
  return {
    url,
    launch: (workspaceIds) => Promise.all(workspaceIds.map((id) => limit(launchOne, id))),
    async newStops() {
      child.send('stops');
      return (await answer<{ stops: AnsweredStop[] }>()).stops;
    },
  };
}
