import type { Status } from '../../../server/api/status.ts';
import type { Sweep } from '../../../server/api/sweeps.ts';
import type { Program } from '../../support/process.ts';
import { until } from '../../support/until.ts';

/** Waits until the sweep at the start has ended. */
export async function sweptAtStart(program: Program): Promise<void> {
  await until(async () => (await program.call<Status>('/api/status')).body.sweeper.lastSweep?.finishedAt, {
    what: 'the sweep at the start to end',
  });
}

/** Sweeps once by hand, not through the page, and waits for its end. */
export async function sweepByHand(program: Program): Promise<Sweep> {
  const asked = await program.call<Sweep>('/api/sweeps', { method: 'POST' });
  const ended = async () => {
    const { body } = await program.call<Sweep>(`/api/sweeps/${asked.body.id}`);
    return body.finishedAt === null ? null : body;
  };
  return until(ended, { timeoutMs: 30_000, what: 'the sweep by hand to end' });
}

/** The sweeps that somebody asked for by hand, newest first. */
export async function sweepsByHand(program: Program): Promise<readonly Sweep[]> {
  return (await program.call<{ items: Sweep[] }>('/api/sweeps?trigger=manual')).body.items;
}
