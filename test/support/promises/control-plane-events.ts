import type { FaultKind } from '../../../server/demo/faults.ts';
import { leaks, type Outage } from './model.ts';
import { type Happen, oneOf, rowsOf } from './platform-events.ts';
import type { Run } from './run.ts';

function oneFails(fault: FaultKind): Happen {
  return onOne((run, instanceId) => run.world.controlPlane.fail(instanceId, fault));
}

function onOne(happen: (run: Run, instanceId: string) => void): Happen {
  return async (run, pick) => {
    const instanceId = oneOf(rowsOf(run, leaks), pick)?.instanceId ?? null;
    if (instanceId === null) return false;
    // One thing at a time: what was wrong with it before would come first.
    heal(run, instanceId);
    happen(run, instanceId);
    return true;
  };
}

function heal(run: Run, instanceId: string): void {
  run.world.controlPlane.heal(instanceId);
  run.hangs.delete(instanceId);
}

function allFail(outage: Outage, begin: (run: Run) => unknown): Happen {
  return async (run) => {
    await run.world.controlPlane.endOutage();
    run.model.outage = outage;
    await begin(run);
    return true;
  };
}

const RETRY_AFTER = { kind: 'status', status: 429, headers: { 'retry-after': '120' } } as const;

export const CONTROL_PLANE_EVENTS = {
  'one answers 403': oneFails({ kind: 'status', status: 403 }),
  'one answers 409': oneFails({ kind: 'status', status: 409 }),
  'one answers 400': oneFails({ kind: 'status', status: 400 }),
  'one answers 500': oneFails({ kind: 'status', status: 500 }),
  'one answers with a page': oneFails({ kind: 'html' }),
  'one is reset': oneFails({ kind: 'reset' }),
  'one hangs': onOne((run, instanceId) => run.hangs.add(instanceId)),
  'one is accepted and runs on': onOne((run, instanceId) => {
    run.model.lied.add(instanceId);
    run.world.controlPlane.fail(instanceId, { kind: 'still-running', times: 1 });
  }),
  'one is well again': onOne(() => undefined),
  'all answer 503': allFail('503', (run) => run.world.controlPlane.startOutage('503')),
  'all answer 429': allFail('429', (run) => run.world.controlPlane.failAll(RETRY_AFTER)),
  'all answer 401': allFail('401', (run) => run.world.controlPlane.failAll({ kind: 'status', status: 401 })),
  'all are reset': allFail('reset', (run) => run.world.controlPlane.startOutage('reset')),
  'nobody listens': allFail('refuse', (run) => run.world.controlPlane.startOutage('refuse')),
  'the control plane is back': async (run) => {
    if (run.model.outage === null) return false;
    await run.world.controlPlane.endOutage();
    run.model.outage = null;
    return true;
  },
} satisfies Record<string, Happen>;
