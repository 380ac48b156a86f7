import { acknowledge } from '../../../server/sweep/acknowledge.ts';
import { endHold, hold } from '../../../server/sweep/hold.ts';
import { pause, resume } from '../../../server/sweep/pause.ts';
import { releaseBrake } from '../../../server/sweep/release.ts';
import { ANNA } from '../acting.ts';
import { states } from '../outages.ts';
import { type Happen, oneOf } from './platform-events.ts';
import { A_MINUTE, ELEVEN_MINUTES, HALF_AN_HOUR, HOLD_MS, type Run } from './run.ts';

const soon = (): Date => new Date(Date.now() + HOLD_MS);

export async function passTime(run: Run, ms: number): Promise<boolean> {
  await run.world.timePasses(ms);
  run.model.pass(ms);
  return true;
}

/** More than can wait: the person has seen them all. */
export const ALL = 100_000;

export const PERSON_EVENTS = {
  'a hold': async (run, pick) => {
    const { rows } = await run.world.home.query<{ id: string }>(
      'select distinct workspace_id as id from sweeper.orphans where resolved_at is null order by 1',
    );
    const id = oneOf(rows, pick)?.id;
    if (id === undefined) return false;
    if ((await hold(run.world.homeDatabase, 'default', ANNA, id, soon())) !== 'held') {
      run.complaints.push(`${id} could not be held`);
    }
    run.model.hold(id, HOLD_MS);
    return true;
  },
  'a hold is ended': async (run, pick) => {
    const id = oneOf(run.model.holds(), pick);
    if (id === undefined) return false;
    if ((await endHold(run.world.homeDatabase, 'default', ANNA, id)) !== 'ended') {
      run.complaints.push(`the hold of ${id} was not in force`);
    }
    run.model.endHold(id);
    return true;
  },
  'a pause': async (run) => {
    await pause(run.world.homeDatabase, 'default', ANNA, soon());
    run.model.pause(HOLD_MS);
    return true;
  },
  'a pause is ended': async (run) => {
    if (!run.model.isPaused()) return false;
    if ((await resume(run.world.homeDatabase, 'default', ANNA)) !== 'resumed') {
      run.complaints.push('the pause was not in force');
    }
    run.model.endPause();
    return true;
  },
  'an acknowledgement': async (run, pick) => {
    const { rows } = await run.world.home.query<{ id: string }>(
      `select distinct workspace_id as id from sweeper.orphans
       where resolved_at is null and (last_outcome = 'stopped_live' or why = 'replaced') order by 1`,
    );
    const id = oneOf(rows, pick)?.id;
    if (id === undefined) return false;
    run.model.acknowledged.add(id);
    if ((await acknowledge(run.world.homeDatabase, 'default', ANNA, id)) !== 'acknowledged') {
      run.complaints.push(`${id} could not be acknowledged`);
    }
    return true;
  },
  'the brake is released': async (run, _, turn) => {
    if (!run.before.braked) return false;
    await run.world.observe();
    const seen = turn % 4 === 0 ? 0 : ALL;
    const { kind } = await releaseBrake(run.world.homeDatabase, 'default', ANNA, seen);
    if (seen === ALL && kind !== 'released') run.complaints.push(`the brake could not be released: ${kind}`);
    return true;
  },
  'the console is looked at': async (run) => {
    const counts = await states(run.world);
    const open = (await run.world.orphans()).filter((orphan) => orphan.resolved_at === null).length;
    const shown = Object.values(counts).reduce((sum, count) => sum + count, 0);
    if (shown !== open) run.complaints.push(`the console shows ${shown} of ${open} open orphans`);
    return true;
  },
  'a minute passes': (run) => passTime(run, A_MINUTE),
  'eleven minutes pass': (run) => passTime(run, ELEVEN_MINUTES),
  'half an hour passes': (run) => passTime(run, HALF_AN_HOUR),
} satisfies Record<string, Happen>;
