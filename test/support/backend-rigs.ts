import type { Backend, SteppedRequest, Steps } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { createDocker } from '../../server/backends/docker.ts';
import { createDockerEngine } from '../../server/backends/docker-engine.ts';
import { dockerLine } from '../../server/backends/docker-host.ts';
import { startControlPlane } from '../../server/demo/control-plane.ts';
import { startSimulatedEngine } from './simulated-engine.ts';

/** A backend with its other side, which can be told how to answer. */
export interface BackendRig {
  readonly backend: Backend;
  /** An instance that runs. */
  readonly running: { readonly workspaceId: string; readonly instanceId: string };
  /** One that nobody has. */
  readonly unknown: { readonly workspaceId: string; readonly instanceId: string };
  answer(status: number, message: string): void;
  page(status: number): void;
  reset(): void;
  hang(): void;
  away(): Promise<void>;
  /** Stops that reached the other side, whatever came of them. */
  stopsSent(): number;
  close(): Promise<void>;
}

export const RIGS: Readonly<Record<'control-plane' | 'docker', () => Promise<BackendRig>>> = {
  'control-plane': async () => {
    const plane = await startControlPlane(CREDENTIALS);
    const running = { workspaceId: 'w', instanceId: 'i-1' };
    plane.launch(running);
    const fail = (fault: Parameters<typeof plane.failAll>[0]) => void plane.failAll(fault);
    return {
      backend: createControlPlane({ url: plane.url, ...CREDENTIALS, version: '1' }),
      running,
      unknown: { workspaceId: 'w', instanceId: 'i-none' },
      answer: (status, message) => fail({ kind: 'status', status, body: JSON.stringify({ message }) }),
      page: (status) => fail({ kind: 'status', status, body: PAGE, headers: { 'content-type': 'text/html' } }),
      reset: () => fail({ kind: 'reset' }),
      hang: () => fail({ kind: 'hang' }),
      away: () => plane.startOutage('refuse'),
      stopsSent: () => plane.calls.filter(({ route }) => route === 'stop').length,
      close: () => plane.close(),
    };
  },
  docker: async () => {
    const engine = await startSimulatedEngine();
    const workspaceId = '0a1b2c3d-0000-4000-8000-000000000001';
    const instanceId = engine.run({ name: `ws-${workspaceId}` });
    const line = dockerLine({
      host: engine.host,
      tlsVerify: false,
      certPath: null,
      homeFolder: '/',
      readFile: () => '',
    });
    return {
      backend: createDocker(createDockerEngine(line, '1')),
      running: { workspaceId, instanceId },
      unknown: { workspaceId, instanceId: 'f'.repeat(64) },
      answer: (status, message) => engine.fail(ANY, { status, message }),
      page: (status) => engine.fail(ANY, { status, page: PAGE }),
      reset: () => engine.fail(ANY, 'reset'),
      hang: () => engine.fail(ANY, 'hang'),
      away: () => engine.away(),
      stopsSent: () => engine.calls.filter(({ method }) => method === 'DELETE').length,
      close: () => engine.close(),
    };
  },
};

const CREDENTIALS = { sharedSecret: 's3cret', adminToken: 'adm1n' };
const PAGE = '<!doctype html><title>Sign in</title>';
const ANY = /containers|volumes/;

/** Steps that are remembered by nobody, and may all be taken. */
export function freeSteps(): Steps {
  return { left: async () => [], plan: async () => {}, done: async () => {}, mayGoOn: async () => true };
}

export const request = (signal = AbortSignal.timeout(30_000)): SteppedRequest => ({
  requestId: 'attempt-1',
  signal,
  steps: freeSteps(),
});
