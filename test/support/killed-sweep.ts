/**
 * One sweep in a process of its own, which kills itself at one of its calls: `killed-sweep.ts <CrashOrder as JSON>`. Says
 * every call in a line when it makes it. Of several orphans one goes after the other, and its clock moves at one place
 * only: so every run makes the same calls.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { pino } from 'pino';
import type { Backend } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { connect } from '../../server/db/connect.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import { createInventory } from '../../server/sweep/inventory.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { createPlatform } from '../../server/sweep/platform.ts';
import { createController } from '../../server/sweep/positive-control.ts';
import { createSchedule } from '../../server/sweep/schedule.ts';
import { createSweepStore } from '../../server/sweep/store.ts';
import { leaseMs, sweep } from '../../server/sweep/sweep.ts';
import type { CrashOrder } from './crash-order.ts';
import { createFakeClock } from './fake-clock.ts';
import { until } from './until.ts';

/** A lease is renewed at least that often. */
const RENEWAL_MS = 2_000;

const argument = process.argv[2];
if (argument === undefined) throw new TypeError('usage: killed-sweep.ts <order>');
const order: CrashOrder = JSON.parse(argument);

const made = new Map<string, number>();
const answered = new Map<string, number>();

/** Nothing of this process runs after it. */
async function crash(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** The same, but every call of it is counted, said, and may be the last thing that this process does. */
function counted<T extends object>(part: string, target: T): T {
  const isPoint = (moment: 'before' | 'after', call: string, nth: number) =>
    order.crash?.moment === moment && order.crash.call === call && order.crash.nth === nth;
  return new Proxy(target, {
    get(_, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const call = `${part}.${String(name)}`;
      return async (...given: unknown[]) => {
        const nth = (made.get(call) ?? 0) + 1;
        made.set(call, nth);
        // At once: what waits in a buffer dies with the process.
        writeSync(1, `${call}\n`);
        if (isPoint('before', call, nth)) await crash();
        const answer: unknown = await Reflect.apply(member, target, given);
        answered.set(call, (answered.get(call) ?? 0) + 1);
        if (isPoint('after', call, nth)) await crash();
        return answer;
      };
    },
  });
}

const log = pino({ level: 'silent' });
const clock = createFakeClock();
const repeats = createRepeats(clock, log);
const intervalMs = 60_000;
const settings = {
  intervalMs,
  limit: 100,
  concurrency: 1,
  stopTimeoutMs: 10_000,
  deadlineMs: 30_000,
  graceMs: 0,
  secondLookMs: order.secondLookMs,
  disabledReason: null,
};
const tenant = 'default';
const replica = 'victim';
const onError = (error: Error): void => {
  throw error;
};
const home = connect(order.homeUrl, { max: 5, onError });
const platformDatabase = connect(order.platformUrl, { max: 5, rowSecurityOff: true, onError });
const platform = counted('platform', createPlatform(platformDatabase, order.table));
const controlPlane = createControlPlane({ ...order.controlPlane, version: '0.0.0' });
const schedule = counted(
  'schedule',
  createSchedule(home, { tenant, replica, leaseMs: leaseMs(settings), intervalMs, dryRun: false }),
);
const inventory = counted(
  'inventory',
  createInventory(home, {
    tenant,
    intervalMs,
    surgeLimit: 1_000,
    unknownGraceMs: null,
    fingerprint: order.fingerprint,
  }),
);

const begun = await schedule.tick('boot');
if (begun.kind !== 'begun') throw new Error(`the sweep did not begin: ${begun.kind}`);
const store = counted('store', createSweepStore(home, { tenant, replica, sweepId: begun.sweepId }, settings));
/** The lease is renewed in the middle of the first Stop: it is the one call that goes by the time. */
const backend: Backend = counted('backend', {
  ...controlPlane,
  async stop(target, request) {
    if (made.get('backend.stop') === 1) {
      clock.advance(RENEWAL_MS);
      await until(() => answered.get('store.renew') === 1, { what: 'the lease to be renewed' });
    }
    return controlPlane.stop(target, request);
  },
});
const controller = createController({
  clock,
  platform,
  backend,
  enabled: true,
  timeoutMs: settings.stopTimeoutMs,
  save: async () => undefined,
  repeats,
});
await sweep(
  { clock, controller, store, inventory, platform, backend, settings, log, repeats, meter: UNCOUNTED, random: () => 0 },
  { ...begun, takenMs: clock.monotonicMs() },
  new AbortController().signal,
);
await Promise.all([home.close(), platformDatabase.close(), controlPlane.close()]);
