import { beforeEach, describe, expect, it } from 'vitest';
import type { Orphan } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import type { WorkspaceRow } from '../../server/demo/platform.ts';
import type { Program } from '../support/process.ts';
import { until } from '../support/until.ts';
import { CHANGES } from '../support/workspace-changes.ts';
import { ORPHAN, verdictOf } from './support/console.ts';
import { type Device, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { sweepByHand, sweptAtStart } from './support/sweeps.ts';

let served: ServedWorld;
let program: Program;
beforeEach(async () => {
  served = await createServedWorld();
});

interface StuckKind {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the first screen counts as the cause. */
  readonly cause: RegExp;
  /** What its card and its page say. */
  readonly sentence: RegExp;
  /** What a person can press on its page beside what there always is. */
  readonly acknowledges: boolean;
  /** From a workspace that leaked to this. */
  readonly become: (row: WorkspaceRow) => Promise<void>;
}

const KINDS: readonly StuckKind[] = [
  {
    name: 'reappeared',
    env: { SECOND_LOOK_SECONDS: '1' },
    cause: /^1 × Still running after an accepted Stop · needs you$/,
    sentence: /^A Stop of it was accepted, but it is still running; /,
    acknowledges: false,
    async become(row) {
      await sweepByHand(program);
      served.world.controlPlane.setState(row.instance_id ?? '', 'running');
      const found = async () => (await itemsOf(row)).some(({ why }) => why === 'reappeared');
      await until(async () => (await sweepByHand(program)) && found(), { what: 'the second look', timeoutMs: 60_000 });
    },
  },
  {
    name: 'stopped-while-restored',
    cause: /^1 × Stopped while restored · needs you/,
    sentence: /^The workspace dev-7 was restored while its instance was being stopped, /,
    acknowledges: true,
    async become(row) {
      served.world.controlPlane.onStop(row.instance_id ?? '', () => CHANGES.restored(served.world, row.id));
      await sweepByHand(program);
    },
  },
  {
    name: 'replaced',
    cause: /^1 × Row names another instance · needs you$/,
    sentence: /^Its workspace's row does not name this instance any more; it is never stopped from here, /,
    acknowledges: true,
    async become(row) {
      await seen(row);
      await CHANGES.reprovisioned(served.world, row.id);
    },
  },
  {
    name: 'shared',
    cause: /^1 × Shared · needs you/,
    sentence: /A live workspace .* names the same instance|live workspace/,
    acknowledges: false,
    async become(row) {
      const other = await served.world.platform.create('other');
      await served.world.platformDatabase.query('update workspaces set instance_id = $1 where id = $2', [
        row.instance_id,
        other.id,
      ]);
      await sweepByHand(program);
    },
  },
];

const itemsOf = async ({ id }: WorkspaceRow) =>
  (await program.call<{ items: Orphan[] }>(`/api/orphans/${id}`)).body.items;

async function seen({ id }: WorkspaceRow): Promise<void> {
  await until(async () => (await program.call(`/api/orphans/${id}`)).status === 200, { what: 'the orphan to be seen' });
}

const SCREENS: [Device, Theme][] = [
  ['desktop', 'light'],
  ['phone', 'dark'],
];

describe('an orphan that needs a person for a reason of its own', () => {
  it.each(KINDS)('has its cause, its sentence and its page: $name', async (kind) => {
    program = await served.start({ SWEEP_INTERVAL_SECONDS: '3600', ENVIRONMENT_NAME: 'staging', ...kind.env });
    await sweptAtStart(program);
    const row = await served.world.leak('dev-7');
    await kind.become(row);
    await until(async () => (await program.call<Status>('/api/status')).body.counts?.stuck === 1, {
      what: 'it to be stuck',
    });
    for (const [device, theme] of SCREENS) {
      const opened = await openPage(served.origin, { device, theme });
      const { page } = opened;
      if (device === 'phone') await page.setViewportSize({ width: 360, height: 740 });
      await page.goto('/');
      expect(await verdictOf(page, 'stuck')).toBe('1 orphan needs you');
      const causes = page.getByRole('region', { name: 'Why' }).getByRole('listitem');
      await expect.poll(() => causes.count()).toBe(1);
      expect(await causes.locator('> span').first().innerText()).toMatch(kind.cause);
      await expect.poll(() => page.locator(ORPHAN).count()).toBe(1);
      await screenshot(opened, `stuck-${kind.name}`);
      await expectReadable(opened);

      await causes.getByRole('link', { name: /^Show / }).click();
      await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('1 orphan');
      await page.goto(`/orphans/${row.id}`);
      const head = page.getByRole('region', { name: `Instance ${row.instance_id}` });
      await expect.poll(() => head.innerText()).toMatch(/^Stuck\n/);
      expect(await head.locator('p').nth(1).innerText()).toMatch(kind.sentence);
      await expect
        .poll(() => page.getByRole('button', { name: 'Acknowledge…' }).count())
        .toBe(kind.acknowledges ? 1 : 0);
      await screenshot(opened, `stuck-${kind.name}-detail`, { fullPage: true });
      await expectReadable(opened);
    }
  });
});
