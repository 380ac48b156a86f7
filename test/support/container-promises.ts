import { PlatformFault } from '../../server/sweep/platform-fault.ts';
import type { ContainerWorld } from './containers.ts';
import { createLife, Died, mortal } from './promises/mortal.ts';
import { LABELLED } from './simulated-engine.ts';
import type { SweepOptions } from './world.ts';

/**
 * What may happen to a platform of containers, and what must hold whatever does. It judges each removal when it reaches
 * the engine, by what the test itself has done to the rows.
 */
export interface ContainerRun {
  readonly complaints: readonly string[];
  /** Lets something happen. False: there was nothing that it could happen to. */
  happen(kind: EventKind, pick: number): Promise<boolean>;
  /** All is well again, and time passes: then nothing that leaks may be left. */
  finish(): Promise<void>;
}

export const EVENT_KINDS = [
  'a workspace leaks',
  'one leaks under twelve characters',
  'a workspace lives',
  'a workspace is removed',
  'a workspace is restored',
  'a row is deleted',
  'a container is removed by others',
  'a container without a row appears',
  'an unlabelled one appears',
  'a volume is in use elsewhere',
  'that use ends',
  'the engine fails once',
  'a volume cannot be removed once',
  'the engine is away for a sweep',
  'a row changes during a sweep',
  'a process dies',
  'a look',
  'a sweep',
  'a sweep by hand',
  'a dry run',
  'a minute passes',
  'eleven minutes pass',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const UNKNOWN_GRACE_MS = 600_000;
const A_MINUTE = 61_000;
const ELEVEN_MINUTES = 660_000;
const ALL_DUE_MS = 120 * 60_000;
const SETTINGS = { unknownGraceMs: UNKNOWN_GRACE_MS, limit: 4, concurrency: 3, deadlineMs: 600_000 };

interface Owned {
  readonly id: string;
  readonly labelled: boolean;
  /** Of the test's own time. */
  readonly sinceMs: number;
}

interface Known {
  /** It has had a row once. */
  hadRow: boolean;
  readonly id: string;
  /** Null: there is no row. */
  status: 'removed' | 'online' | null;
  /** Every status of it since the event began. */
  during: ('removed' | 'online' | null)[];
}

export async function startContainerRun(all: ContainerWorld): Promise<ContainerRun> {
  await all.startAfresh();
  const { engine, world } = all;
  const complaints: string[] = [];
  const rows = new Map<string, Known>();
  /** Of each container its workspace, and whether the label says that it is ours. */
  const containers = new Map<string, Owned>();
  /** Of workspaces whose container was removed by a Stop: what else it had must not be left behind. */
  const stopped = new Set<string>();
  let nowMs = 0;
  const users = new Set<string>();
  let made = 0;

  const known = (id: string): Known => {
    const row = rows.get(id) ?? { id, hadRow: false, status: null, during: [null] };
    rows.set(id, row);
    return row;
  };
  const set = async (id: string, status: Known['status']): Promise<void> => {
    const row = known(id);
    if (status === null) await all.deleteRow(id);
    else if (row.status === null) await all.addRow(status, id);
    else await all.setStatus(id, status);
    row.status = status;
    row.hadRow = true;
    row.during.push(status);
  };
  const nextId = (): string => {
    made += 1;
    return `${made.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  };
  const run = (id: string, name = `ws-${id}`, labelled = true): string => {
    const container = engine.run({ name, volumes: [`ws-${id}-configs`, 'cache'], ...(labelled ? LABELLED : {}) });
    containers.set(container, { id, labelled, sinceMs: nowMs });
    return container;
  };
  const ofStatus = (...wanted: Known['status'][]): Known[] =>
    [...rows.values()].filter((row) => wanted.includes(row.status));
  const oneOf = <T>(those: readonly T[], pick: number): T | undefined => those[pick % Math.max(1, those.length)];
  const there = (): string[] => [...containers.keys()].filter((one) => engine.containers.has(one));
  const ofRemoved = (): string[] => there().filter((one) => known(containers.get(one)?.id ?? '').status === 'removed');

  /** Containers that were asked about since the last thing of theirs was removed. */
  const rechecked = new Set<string>();
  engine.onList((ids) => {
    for (const id of ids) rechecked.add(id);
  });
  const afterRecheck = (container: string | undefined): void => {
    const asked = container !== undefined && rechecked.delete(container);
    if (!asked) complaints.push(`something of ${container} was removed without a recheck of its own`);
  };

  engine.onRemoval((kind, name) => {
    if (kind === 'container') {
      const owner = containers.get(name);
      if (owner === undefined) return void complaints.push(`the container ${name} is nobody's, and was removed`);
      const mayWithoutRow = owner.labelled && (known(owner.id).hadRow || nowMs - owner.sinceMs >= UNKNOWN_GRACE_MS);
      const may = known(owner.id).during.some((status) => status === 'removed' || (status === null && mayWithoutRow));
      stopped.add(owner.id);
      afterRecheck(name);
      if (!may) complaints.push(`the container of ${owner.id} was removed, whose row was ${known(owner.id).during}`);
      return;
    }
    const id = /^ws-(.*)-configs$/.exec(name)?.[1];
    if (id === undefined) return void complaints.push(`the volume ${name} is nobody's, and was removed`);
    afterRecheck([...containers].find(([, owner]) => owner.id === id)?.[0]);
    if (known(id).during.every((status) => status === 'online')) {
      complaints.push(`the volume of ${id} was removed, which lives`);
    }
  });

  const endUses = (): boolean => {
    const any = users.size > 0;
    for (const user of users) engine.removeContainer(user);
    users.clear();
    return any;
  };

  const pass = async (ms: number): Promise<boolean> => {
    nowMs += ms;
    await world.timePasses(ms);
    return true;
  };

  const sweep = async (options: SweepOptions = {}): Promise<boolean> => {
    return (await world.sweep({ trigger: 'boot', ...options, settings: SETTINGS })) !== null;
  };

  const begin = (): void => {
    for (const row of rows.values()) row.during = [row.status];
  };

  /** After a look that was applied each leaking container has exactly one open orphan. */
  const checkInventory = async (): Promise<void> => {
    try {
      await world.observe({ settings: SETTINGS });
    } catch (error) {
      // The engine failed just then: nothing is concluded.
      if (error instanceof PlatformFault) return;
      throw error;
    }
    const { rows: partly } = await world.home.query('select from sweeper.tenants where observe_error is not null');
    if (partly.length > 0) return;
    const open = (await world.orphans()).filter((row) => row.resolved_at === null).map((row) => row.instance_id);
    for (const container of ofRemoved()) {
      const count = open.filter((one) => one === container).length;
      if (count !== 1) complaints.push(`${count} open orphans of ${container}, which leaks`);
    }
  };

  const happenings: Readonly<Record<EventKind, (pick: number) => Promise<boolean>>> = {
    'a workspace leaks': async () => {
      const id = nextId();
      await set(id, 'removed');
      run(id);
      return true;
    },
    'one leaks under twelve characters': async () => {
      const id = nextId();
      await set(id, 'removed');
      run(id, `ws-${id.slice(0, 12)}`);
      return true;
    },
    'a workspace lives': async () => {
      const id = nextId();
      await set(id, 'online');
      run(id);
      return true;
    },
    'a workspace is removed': (pick) => change(oneOf(ofStatus('online'), pick), 'removed'),
    'a workspace is restored': (pick) => change(oneOf(ofStatus('removed'), pick), 'online'),
    'a row is deleted': (pick) => change(oneOf(ofStatus('removed', 'online'), pick), null),
    'a container is removed by others': async (pick) => {
      const container = oneOf(there(), pick);
      if (container !== undefined) engine.removeContainer(container);
      return container !== undefined;
    },
    'a container without a row appears': async () => {
      run(nextId());
      return true;
    },
    'an unlabelled one appears': async () => {
      const id = nextId();
      run(id, `ws-${id}`, false);
      return true;
    },
    'a volume is in use elsewhere': async (pick) => {
      const container = oneOf(ofRemoved(), pick);
      const id = containers.get(container ?? '')?.id;
      if (id === undefined) return false;
      users.add(engine.run({ name: `backup-${users.size}`, volumes: [`ws-${id}-configs`] }));
      return true;
    },
    'that use ends': async (pick) => {
      // Else it would hardly ever.
      if (users.size === 0 && (await happenings['a volume is in use elsewhere'](pick))) await sweep();
      return endUses();
    },
    'the engine fails once': async (pick) => {
      engine.fail(/containers/, pick % 2 === 0 ? { status: 500, message: 'disk' } : 'reset', 1 + (pick % 3));
      return true;
    },
    'a volume cannot be removed once': async () => {
      engine.fail(/^DELETE .*volumes/, { status: 500, message: 'disk' }, 1);
      return true;
    },
    'the engine is away for a sweep': async () => {
      const before = (await world.orphans()).map((row) => [row.id, row.resolved_at]);
      await engine.away();
      const swept = await sweep();
      await engine.back();
      const after = (await world.orphans()).map((row) => [row.id, row.resolved_at]);
      if (JSON.stringify(before) !== JSON.stringify(after)) complaints.push('concluded without the engine');
      return swept;
    },
    'a row changes during a sweep': async (pick) => {
      const container = oneOf(ofRemoved(), pick);
      const id = containers.get(container ?? '')?.id;
      if (container === undefined || id === undefined) return false;
      const fits = [new RegExp(`"id":.*${container}`), /^DELETE .*containers/, /^DELETE .*volumes/][pick % 3] ?? /./;
      let changed = false;
      engine.before(fits, async () => {
        changed = true;
        if (known(id).status === 'removed') await set(id, pick % 2 === 0 ? 'online' : null);
      });
      await sweep({ trigger: 'manual', workspaceIds: [id] });
      engine.nothingHappens();
      return changed;
    },
    'a process dies': async (pick) => {
      const life = createLife(1 + (pick % 30), pick % 2 === 0 ? 'none' : 'done');
      try {
        await sweep(mortal(life));
      } catch (error) {
        if (!(error instanceof Died)) throw error;
      }
      return life.dead();
    },
    'a look': async () => {
      await checkInventory();
      return true;
    },
    'a sweep': () => sweep(),
    'a sweep by hand': () => sweep({ trigger: 'manual' }),
    'a dry run': async () => {
      const before = engine.calls.filter(({ method }) => method === 'DELETE').length;
      const swept = await sweep({ trigger: 'manual', dryRun: true });
      const after = engine.calls.filter(({ method }) => method === 'DELETE').length;
      if (after !== before) complaints.push('a dry run removed something');
      return swept;
    },
    'a minute passes': () => pass(A_MINUTE),
    'eleven minutes pass': () => pass(ELEVEN_MINUTES),
  };

  const change = async (row: Known | undefined, status: Known['status']): Promise<boolean> => {
    if (row === undefined) return false;
    await set(row.id, status);
    return true;
  };

  return {
    complaints,
    async happen(kind, pick) {
      begin();
      return happenings[kind](pick);
    },
    async finish() {
      begin();
      endUses();
      engine.nothingFails();
      for (let sweeps = 0; sweeps < 6; sweeps += 1) {
        await pass(ALL_DUE_MS);
        await sweep({ trigger: 'manual', drain: true });
      }
      await checkInventory();
      for (const container of ofRemoved()) complaints.push(`${container} leaks still`);
      for (const container of there()) {
        const owner = containers.get(container);
        const status = known(owner?.id ?? '').status;
        if (status === null && owner?.labelled === true) complaints.push(`${container} without a row is there still`);
      }
      const shouted = (await world.orphans()).filter((row) => row.last_outcome === 'stopped_live');
      for (const id of stopped) {
        const isLeft = engine.volumes.has(`ws-${id}-configs`) && known(id).status !== 'online';
        if (isLeft && !shouted.some((row) => row.workspace_id.slice(0, 12) === id.slice(0, 12))) {
          complaints.push(`the container of ${id} was stopped, and its volume is left behind`);
        }
      }
    },
  };
}
