import { ANNA } from '../acting.ts';
import { frozen } from '../pasts.ts';
import { at, once, POINTS } from '../points.ts';
import { allowClearing, refuseClearing } from '../sweeping.ts';
import type { SweepOptions } from '../world.ts';
import { leaks } from './model.ts';
import { createLife, mortal } from './mortal.ts';
import { passTime } from './person-events.ts';
import { type Happen, oneOf, rowsOf } from './platform-events.ts';
import { A_MINUTE, type Change, changeRow, type Run, sweepBy } from './run.ts';
import type { SweepWatch } from './sweep-watch.ts';

/** The replica that does most of it, and the one that comes by. */
const OURS = 'test';
const OTHER = 'other';

function sweeping(options: SweepOptions): Happen {
  return async (run) => (await sweepAsExpected(run, options)) !== null;
}

/** A sweep at boot or by hand begins unless another replica has the lease; promises 7 and 10. */
async function sweepAsExpected(run: Run, options: SweepOptions): Promise<SweepWatch | null> {
  const watch = await sweepBy(run, options);
  const holder = run.before.leaseHolder;
  const free = holder === null || holder === (options.replica ?? OURS);
  // A sweep by hand is refused under the brake unless it is dry; one of the interval, after another replica's.
  const may = options.trigger === 'manual' && options.dryRun !== true && run.before.braked ? false : free;
  if (options.trigger !== 'interval' && may !== (watch !== null)) {
    run.complaints.push(
      `a sweep of ${options.replica ?? OURS} ${may ? 'did not begin' : 'began'}, with the lease of ${holder}`,
    );
  }
  return watch;
}

/** A leaked workspace that is being swept: the victim of what happens at some point of its sweep. */
async function duringSweep(run: Run, pick: number, turn: number, changes: readonly Change[]): Promise<boolean> {
  const victim = oneOf(rowsOf(run, leaks), pick);
  if (victim === undefined || victim.instanceId === null) return false;
  const point = POINTS[turn % POINTS.length] ?? 'after the claim';
  const { workspaceId, instanceId } = victim;
  const change = oneOf(changes, pick) ?? 'restore';
  let happened = false;
  const happen = once(async () => {
    happened = true;
    if (!leaks(run.model.rows.get(workspaceId))) return;
    await changeRow(run, workspaceId, change, point === 'after observe' || point === 'after the claim');
    // The look of this sweep was before that: what the row is now, only its recheck can have seen.
    run.looked = false;
  });
  const options = at(point, { world: run.world, platform: run.world.table, instanceId }, happen);
  await sweepBy(run, { ...options, trigger: 'manual', workspaceIds: [workspaceId] });
  run.world.controlPlane.onStop(instanceId, null);
  return happened;
}

/** A process that wakes up when another has its lease, and has done its work. */
async function freeze(run: Run, pick: number, turn: number): Promise<boolean> {
  const victim = oneOf(rowsOf(run, leaks), pick);
  if (victim === undefined || victim.instanceId === null) return false;
  const { workspaceId, instanceId } = victim;
  const scope = { trigger: 'manual', workspaceIds: [workspaceId] } as const;
  run.overlaps = true;
  let froze = false;
  const point = POINTS[turn % POINTS.length] ?? 'after the start';
  const frozenFor = once(async () => {
    froze = true;
    run.world.controlPlane.onStop(instanceId, null);
    await passTime(run, A_MINUTE);
    await sweepBy(run, { ...scope, replica: OTHER });
    if (turn % 2 === 0 && run.model.rows.has(workspaceId)) await changeRow(run, workspaceId, 'reprovision');
  });
  const options = at(point, { world: run.world, platform: run.world.table, instanceId }, frozenFor);
  await sweepBy(run, {
    ...options,
    ...scope,
    wrapStore: (store) => frozen(options.wrapStore?.(store) ?? store),
  });
  run.world.controlPlane.onStop(instanceId, null);
  return froze;
}

/** Far enough that some die in the midst of a batch, and few live. */
const MOST_CALLS = 40;

async function die(run: Run, pick: number, turn: number): Promise<boolean> {
  const life = createLife(1 + (pick % MOST_CALLS), turn % 2 === 0 ? 'none' : 'done');
  await sweepBy(run, {
    ...mortal(life),
    life,
    replica: turn % 3 === 0 ? OTHER : OURS,
  });
  return life.dead();
}

/** The table is there under another name as long as this takes. */
async function withoutTable(run: Run, meanwhile: () => Promise<void>): Promise<void> {
  await rename(run, 'workspaces', 'workspaces_away');
  try {
    await meanwhile();
  } finally {
    await rename(run, 'workspaces_away', 'workspaces');
  }
}

async function rename(run: Run, from: string, to: string): Promise<void> {
  await run.world.platformDatabase.query(`alter table ${from} rename to ${to}`);
}

async function stopsOf(run: Run, sweep: () => Promise<SweepWatch | null>): Promise<boolean> {
  const watch = await sweep();
  if (watch !== null && watch.answers.length > 0)
    run.complaints.push('a Stop although the platform could not be asked');
  return watch !== null;
}

export const SWEEPER_EVENTS = {
  'a look': async (run) => {
    await run.world.observe();
    run.looked = true;
    return true;
  },
  'a sweep at boot': sweeping({ trigger: 'boot' }),
  'a sweep of the interval': sweeping({ trigger: 'interval' }),
  'a sweep of another replica': sweeping({ trigger: 'boot', replica: OTHER }),
  'a sweep by hand': sweeping({ trigger: 'manual' }),
  'a sweep of one workspace': async (run, pick) => {
    const row = oneOf(rowsOf(run), pick);
    if (row === undefined) return false;
    return (await sweepBy(run, { trigger: 'manual', workspaceIds: [row.workspaceId] })) !== null;
  },
  'a dry run': sweeping({ trigger: 'manual', dryRun: true }),
  'a dry replica': sweeping({ trigger: 'boot', dryReplica: true }),
  'a drain': sweeping({ trigger: 'manual', drain: true }),
  'two replicas at once': async (run) => {
    const swept = await Promise.all([sweepBy(run), sweepBy(run, { replica: OTHER })]);
    return swept.some((watch) => watch !== null);
  },
  'a process freezes': freeze,
  'a process dies': die,
  'a process is told to stop': async (run, pick, turn) => {
    const told = new AbortController();
    let calls = 0;
    const watch = await sweepBy(run, {
      told: told.signal,
      wrapPlatform: (platform) => ({
        ...platform,
        async recheck(targets) {
          calls += 1;
          if (calls > pick % 3) told.abort();
          return platform.recheck(targets);
        },
        async look() {
          if (turn % 4 === 0) told.abort();
          return platform.look();
        },
      }),
    });
    return watch !== null && told.signal.aborted;
  },
  'a row changes during a sweep': (run, pick, turn) =>
    duringSweep(run, pick, turn, ['restore', 'restore', 'reprovision', 'delete', 'finish']),
  'a sweep is cancelled': async (run, pick) => {
    let cancelled = false;
    let starts = 0;
    await sweepBy(run, {
      trigger: 'manual',
      drain: pick % 2 === 0,
      wrapStore: (store) => ({
        ...store,
        async start(orphan) {
          starts += 1;
          if (!cancelled && starts > pick % 3) {
            cancelled = true;
            await cancelRunning(run);
          }
          return store.start(orphan);
        },
      }),
    });
    return cancelled;
  },
  'the platform is away': async (run) => {
    const before = await openIds(run);
    let swept = false;
    await withoutTable(run, async () => {
      swept = await stopsOf(run, () => sweepAsExpected(run, {}));
    });
    const after = await openIds(run);
    if (before.join() !== after.join()) run.complaints.push('the inventory changed although nobody could be asked');
    return swept;
  },
  'the platform goes away before the recheck': async (run) => {
    let away = false;
    const swept = await stopsOf(run, () =>
      sweepBy(run, {
        wrapStore: (store) => ({
          ...store,
          async claim(request) {
            const claimed = await store.claim(request);
            if (!away && claimed.length > 0) {
              away = true;
              await rename(run, 'workspaces', 'workspaces_away');
            }
            return claimed;
          },
        }),
      }).finally(() => (away ? rename(run, 'workspaces_away', 'workspaces') : undefined)),
    );
    return swept && away;
  },
  'an id cannot be cleared': async (run, pick) => {
    const row = oneOf(rowsOf(run, leaks), pick);
    if (row === undefined || row.instanceId === null) return false;
    await refuseClearing(run.world, row.instanceId);
    const watch = await sweepBy(run, { trigger: 'manual', workspaceIds: [row.workspaceId] });
    await allowClearing(run.world);
    return watch !== null;
  },
  'the table looks empty': async (run) => {
    const before = await openIds(run);
    await rename(run, 'workspaces', 'workspaces_away');
    await run.world.platformDatabase.query('create table workspaces (like workspaces_away including all)');
    const swept = await stopsOf(run, () => sweepBy(run)).finally(async () => {
      await run.world.platformDatabase.query('drop table workspaces');
      await rename(run, 'workspaces_away', 'workspaces');
    });
    // What it was told was not the truth, so nothing follows for what was there.
    run.looked = false;
    const after = await openIds(run);
    if (before.some((id) => !after.includes(id))) run.complaints.push('an empty table was taken for an answer');
    return swept;
  },
} satisfies Record<string, Happen>;

async function cancelRunning({ world }: Run): Promise<void> {
  const { rows } = await world.home.query<{ id: string }>(
    `select id from sweeper.sweeps where result = 'running' and trigger = 'manual'`,
  );
  for (const { id } of rows) await world.schedule.cancel(id, ANNA);
}

async function openIds({ world }: Run): Promise<string[]> {
  const { rows } = await world.home.query<{ id: string }>(
    'select id from sweeper.orphans where resolved_at is null order by id',
  );
  return rows.map(({ id }) => id);
}
