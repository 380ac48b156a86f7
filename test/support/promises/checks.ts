import { complaintAboutResolution, complaintAboutRow, leaks, type SeenOrphan } from './model.ts';
import { type Run, readRows, readTenant } from './run.ts';

/** Everything that must hold after every event, whatever it was. */
export async function checkPromises(run: Run): Promise<void> {
  const { world } = run;
  const [orphans, attempts] = await Promise.all([readOrphans(run), readAttempts(run), checkRows(run)]);
  checkInventory(run, orphans);
  if (attempts.lost > 0) run.complaints.push(`${attempts.lost} open attempts that no orphan knows`);
  if (run.looked) {
    checkLooked(run, orphans);
    if (attempts.expired > 0) run.complaints.push(`${attempts.expired} attempts without an outcome after their time`);
  }
  checkLive(run);
  run.before = await readTenant(world);
}

/** Promises 2 and 3: nothing was written but ids of stopped instances, cleared. */
async function checkRows(run: Run): Promise<void> {
  const { model, complaints } = run;
  const rows = await readRows(run.world);
  const tried = await triedPairs(run);
  const seen = new Set<string>();
  for (const actual of rows) {
    seen.add(actual.workspaceId);
    const known = model.rows.get(actual.workspaceId);
    if (known === undefined) complaints.push(`a row ${actual.workspaceId} that nobody has made`);
    else if (known.version !== actual.version) {
      const complaint = complaintAboutRow(model, known, actual, tried.has(`${known.workspaceId} ${known.instanceId}`));
      if (complaint !== null) complaints.push(complaint);
      model.write(actual.workspaceId, actual);
    }
  }
  for (const id of model.rows.keys()) if (!seen.has(id)) complaints.push(`the row ${id} is gone`);
}

async function triedPairs({ world }: Run): Promise<Set<string>> {
  const { rows } = await world.home.query<{ pair: string }>(
    `select distinct workspace_id || ' ' || instance_id as pair from sweeper.attempts where outcome is distinct from 'would_stop'`,
  );
  return new Set(rows.map(({ pair }) => pair));
}

async function readOrphans({ world }: Run): Promise<SeenOrphan[]> {
  const { rows } = await world.home.query<SeenOrphan>(
    `select id, workspace_id as "workspaceId", instance_id as "instanceId", why, last_outcome as "lastOutcome",
       second_look as "secondLook", resolution
     from sweeper.orphans`,
  );
  return rows;
}

async function readAttempts({ world }: Run): Promise<{ lost: number; expired: number }> {
  const { rows } = await world.home.query<{ lost: number; expired: number }>(
    `select count(*) filter (where orphans.id is null)::int as lost,
       count(*) filter (where orphans.claimed_until <= now())::int as expired
     from sweeper.attempts left join sweeper.orphans on orphans.attempt_id = attempts.id
     where attempts.outcome is null`,
  );
  return rows[0] ?? { lost: 0, expired: 0 };
}

/** Promise 1: nothing leaves the inventory but in its own way, and no row of it is ever lost. */
function checkInventory(run: Run, orphans: readonly SeenOrphan[]): void {
  const { model, known, complaints } = run;
  const ids = new Set(orphans.map(({ id }) => id));
  for (const id of known.keys()) if (!ids.has(id)) complaints.push(`the orphan ${id} was forgotten`);
  for (const orphan of orphans) {
    const was = known.get(orphan.id);
    const isNew = orphan.resolution !== null && was !== orphan.resolution;
    const complaint = isNew ? complaintAboutResolution(model, orphan, runs(run, orphan.instanceId)) : null;
    if (complaint !== null) complaints.push(complaint);
    known.set(orphan.id, orphan.resolution);
  }
}

/** After a look that was applied: what leaks is in the inventory, and what was stopped while it lives is shouted. */
function checkLooked({ model, complaints }: Run, orphans: readonly SeenOrphan[]): void {
  const of = (workspaceId: string, instanceId: string | null): SeenOrphan[] =>
    orphans.filter((orphan) => orphan.workspaceId === workspaceId && orphan.instanceId === instanceId);
  for (const row of model.rows.values()) {
    const been = model.during(row.workspaceId);
    if (leaks(row) && been.length === 1) {
      const open = of(row.workspaceId, row.instanceId).filter((orphan) => orphan.resolution === null);
      if (open.length !== 1) complaints.push(`${open.length} open orphans of ${row.instanceId}, which leaks`);
    }
    const stoppedLive = !row.removed && row.instanceId !== null && model.accepted.has(row.instanceId);
    if (stoppedLive && been.length === 1 && !model.acknowledged.has(row.workspaceId)) {
      const shouted = of(row.workspaceId, row.instanceId).some(
        (orphan) => orphan.resolution === null && orphan.lastOutcome === 'stopped_live',
      );
      if (!shouted) complaints.push(`${row.instanceId} was stopped, its workspace lives, and nobody says so`);
    }
  }
}

/** Promise 2, by what became of the instances: one that a live row names runs, unless a Stop of it was sent before. */
function checkLive(run: Run): void {
  const { model, world, complaints } = run;
  for (const { removed, instanceId, workspaceId } of model.rows.values()) {
    if (removed || instanceId === null || model.accepted.has(instanceId)) continue;
    const instance = world.controlPlane.instance(instanceId);
    if (instance !== null && instance.state !== 'running') {
      complaints.push(`${instanceId} of the live workspace ${workspaceId} is ${instance.state}`);
    }
  }
}

export function runs({ world }: Run, instanceId: string): boolean {
  return world.controlPlane.instance(instanceId)?.state === 'running';
}
