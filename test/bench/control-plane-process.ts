/**
 * The simulated control plane in a process of its own, so that it takes no time from the program that is measured.
 * Asked over the channel to its parent; ends when that is gone.
 */
import { setMaxListeners } from 'node:events';
import process from 'node:process';
import { startControlPlane } from '../../server/demo/control-plane.ts';

// Every answer that waits listens to one signal, and more than ten do.
setMaxListeners(0);
const [stopMs = ''] = process.argv.slice(2);
const plane = await startControlPlane();
plane.failAll({ kind: 'delay', ms: Number(stopMs), on: 'stop' });
let told = 0;

/** Every Stop since the last question, on the clock that all processes of a machine share. */
function newStops() {
  const calls = plane.calls.slice(told);
  told = plane.calls.length;
  return calls
    .filter(({ route }) => route === 'stop')
    .map(({ startedAt, endedAt, status }) => ({
      startedMs: performance.timeOrigin + startedAt,
      endedMs: performance.timeOrigin + (endedAt ?? Number.NaN),
      status,
    }));
}

process.on('message', () => process.send?.({ stops: newStops() }));
process.on('disconnect', () => process.exit());
process.send?.({ url: plane.url });
