import { acknowledge } from '../../../server/sweep/acknowledge.ts';
import { endHold } from '../../../server/sweep/hold.ts';
import { resume } from '../../../server/sweep/pause.ts';
import { type Release, releaseBrake } from '../../../server/sweep/release.ts';
import { ANNA } from '../acting.ts';
import { checkPromises, runs } from './checks.ts';
import { ALL, passTime } from './person-events.ts';
import { isLive, rowsOf } from './platform-events.ts';
import { A_MINUTE, changeRow, type Run, SETTINGS, sweepBy } from './run.ts';

/** Longer than any backoff, any Retry-After and any lease. */
const LONG = 62 * 60_000;
/** Until the second look. */
const LOOK_MS = 6 * 60_000;
/** A look that finds it, a Stop, a look that finds it gone; and once more for what had failed in between. */
const MOST_LOOKS = 6;

/** Whatever was wrong is over, and persons have done what is theirs. */
async function healAll(run: Run): Promise<void> {
  const { world, model } = run;
  world.controlPlane.heal();
  await world.controlPlane.endOutage();
  model.outage = null;
  run.hangs.clear();
  for (const id of model.holds()) {
    await endHold(world.homeDatabase, 'default', ANNA, id);
    model.endHold(id);
  }
  await resume(world.homeDatabase, 'default', ANNA);
  model.endPause();
  await passTime(run, LONG);
  await world.observe();
  await unshare(run);
  await doWhatPersonsDo(run);
}

/** The brake may have come with what leaked last, and needs a person each time; so does what was stopped while it lived. */
async function doWhatPersonsDo(run: Run): Promise<Release['kind']> {
  const { kind } = await releaseBrake(run.world.homeDatabase, 'default', ANNA, ALL);
  await acknowledgeAll(run);
  return kind;
}

/** A live row that names another's instance keeps that running for ever: that is what `shared` is for. */
async function unshare(run: Run): Promise<void> {
  const { rows } = await run.world.home.query<{ id: string; instance: string }>(
    'select workspace_id as id, instance_id as instance from sweeper.orphans where resolved_at is null',
  );
  for (const { workspaceId, instanceId } of rowsOf(run, isLive)) {
    if (rows.some(({ id, instance }) => instance === instanceId && id !== workspaceId)) {
      await changeRow(run, workspaceId, 'delete');
    }
  }
}

async function acknowledgeAll(run: Run): Promise<void> {
  const { rows } = await run.world.home.query<{ id: string }>(
    `select distinct workspace_id as id from sweeper.orphans
     where resolved_at is null and (last_outcome = 'stopped_live' or why = 'replaced')`,
  );
  for (const { id } of rows) {
    run.model.acknowledged.add(id);
    await acknowledge(run.world.homeDatabase, 'default', ANNA, id);
  }
}

async function countOpen(run: Run): Promise<number> {
  const { rows } = await run.world.home.query<{ open: number }>(
    `select count(*)::int as open from sweeper.orphans where resolved_at is null and why <> 'reappeared'`,
  );
  return rows[0]?.open ?? 0;
}

/** What waits for a look, or was found by one. */
async function countUnseen({ world }: Run): Promise<number> {
  const { rows } = await world.home.query<{ unseen: number }>(
    'select count(*)::int as unseen from sweeper.orphans where resolved_at is null or second_look_due_at is not null',
  );
  return rows[0]?.unseen ?? 0;
}

async function sweepOn(run: Run, settings: { readonly limit: number }): Promise<void> {
  run.model.begin();
  const watch = await sweepBy(run, { settings });
  if (watch === null) run.complaints.push('a sweep did not begin although nobody else was sweeping');
  run.looked = true;
  await checkPromises(run);
}

/** Promises 1, 4 and 10: when everything is well again, all is swept, soon, and what was stopped is gone. */
export async function finish(run: Run): Promise<void> {
  run.model.begin();
  run.overlaps = false;
  run.looked = false;
  await healAll(run);
  await checkPromises(run);
  let sweeps = Math.ceil((await countOpen(run)) / SETTINGS.limit) + 1;
  let braked = 0;
  for (let i = 0; i < sweeps && braked <= 1 && (await countOpen(run)) > 0; i += 1) {
    await sweepOn(run, SETTINGS);
    if ((await doWhatPersonsDo(run)) === 'released') {
      braked += 1;
      sweeps += 1;
      await checkPromises(run);
    }
    await passTime(run, A_MINUTE);
  }
  // What makes it latch has leaked before: nothing leaks any more.
  if (braked > 1) run.complaints.push(`the brake latched ${braked} times although nothing leaked`);
  const left = await countOpen(run);
  if (left > 0) run.complaints.push(`${left} orphans are left after ${sweeps} sweeps`);
  // One that was accepted and ran on is found by its look, stopped again, and looked at again.
  for (let looks = 0; looks < MOST_LOOKS && (await countUnseen(run)) > 0; looks += 1) {
    await passTime(run, LOOK_MS);
    await sweepOn(run, { limit: 1_000 });
    await acknowledgeAll(run);
  }
  await checkEnd(run);
}

/** By what became of the instances: each that was ever in the inventory and is filed away as stopped runs no more. */
async function checkEnd(run: Run): Promise<void> {
  // Of one that is unconfirmed nobody claims to know: a person is told to look.
  const { rows } = await run.world.home.query<{ instance_id: string; why: string; resolution: string | null }>(
    `select instance_id, why, resolution from sweeper.orphans
     where not (resolution is not null and coalesce(second_look = 'unconfirmed', false))`,
  );
  for (const { instance_id: instanceId, why, resolution } of rows) {
    if (resolution === null) run.complaints.push(`${instanceId} (${why}) is in the inventory for ever`);
    const isStopped = resolution === 'stopped' || resolution === 'already_gone';
    if (isStopped && runs(run, instanceId)) run.complaints.push(`${instanceId} was filed as ${resolution} and runs`);
  }
}
