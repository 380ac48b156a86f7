import { randomUUID } from 'node:crypto';
import type { Sweep } from '../../../server/api/sweeps.ts';
import type { Program } from '../../support/process.ts';
import { until } from '../../support/until.ts';
import { holdAnswers } from './hold.ts';
import type { OpenPage } from './open-page.ts';
import type { ServedWorld } from './served-world.ts';
import { sweptAtStart } from './sweeps.ts';

export const PAGES = ['now', 'orphans', 'orphan', 'sweeps', 'sweep', 'activity', 'settings'] as const;
export type PageName = (typeof PAGES)[number];

export const STATES = [
  'empty',
  'loading',
  'error with data',
  'error without data',
  'filtered empty',
  'disabled',
  'paused',
  'brake',
  'dry run',
  'late',
  'offline',
  'updates off',
] as const;
export type StateName = (typeof STATES)[number];

/** How a real server, or a real line to it, comes to a state, and what each page then says. */
export interface PageState {
  /** Starts the program, and answers with where its pages are. */
  readonly reach: (served: ServedWorld) => Promise<Addresses>;
  /** On a page that is still blank. */
  readonly beforehand?: (opened: OpenPage) => Promise<unknown>;
  /** Once all pages show what they know. */
  readonly thenComes?: (served: ServedWorld, pages: readonly OpenPage[]) => Promise<unknown>;
  /** What is to be read on the page, header included; null: the page has no such state, for the reason given below. */
  readonly says: Readonly<Record<PageName, RegExp | null>>;
}

export type Addresses = Readonly<Record<PageName, string>>;

const SELDOM = {
  SWEEP_INTERVAL_SECONDS: '3600',
  ENVIRONMENT_NAME: 'production',
  RUNBOOK_URL: 'https://runbook.example',
};
const SETTING = /SWEEP_INTERVAL_SECONDS/;

/** One orphan whose Stop is rejected, swept at the start and once more by Anna, where sweeping is possible. */
async function stage(served: ServedWorld, env: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const { id, instance_id: instanceId } = await served.world.leak('dev-7');
  served.world.controlPlane.fail(instanceId ?? '', { kind: 'status', status: 400 });
  const program = await served.start({ ...SELDOM, ...env });
  await sweptAtStart(program);
  const asked = await change(program, 'POST', '/api/sweeps', { actor: 'Anna' });
  const sweepId = asked.id ?? '';
  await until(async () => (await program.call<Sweep>(`/api/sweeps/${sweepId}`)).body.finishedAt, {
    what: "Anna's sweep to end",
  });
  return { program, addresses: addressesOf(id, sweepId) };
}

interface Stage {
  readonly program: Program;
  readonly addresses: Addresses;
}

function addressesOf(workspaceId: string, sweepId: string): Addresses {
  return {
    now: '/',
    orphans: '/orphans',
    orphan: `/orphans/${workspaceId}`,
    sweeps: '/sweeps',
    sweep: `/sweeps/${sweepId}`,
    activity: '/activity',
    settings: '/settings',
  };
}

async function change(program: Program, method: string, path: string, body: Readonly<Record<string, unknown>>) {
  const answer = await program.call<{ readonly id?: string }>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
  return answer.body;
}

const everywhere = (words: RegExp): Readonly<Record<PageName, RegExp>> => ({
  now: words,
  orphans: words,
  orphan: words,
  sweeps: words,
  sweep: words,
  activity: words,
  settings: words,
});

const AS_OF = /as of [\d-]* ?\d\d:\d\d:\d\dZ/;

export const PAGE_STATES: Readonly<Record<StateName, PageState>> = {
  empty: {
    async reach(served) {
      await sweptAtStart(await served.start(SELDOM));
      // As when all that was is older than what is kept.
      await served.world.home.query('delete from sweeper.sweeps');
      return addressesOf(randomUUID(), randomUUID());
    },
    says: {
      now: /All clear: 0 orphans/,
      orphans: /There is no open orphan\./,
      orphan: /No orphan of this workspace was ever seen\./,
      sweeps: /There has been no sweep yet\./,
      sweep: /There is no such sweep\./,
      activity: /Nobody has done anything yet\./,
      // They are never none.
      settings: SETTING,
    },
  },
  loading: {
    reach: async (served) => (await stage(served)).addresses,
    async beforehand({ page }) {
      // Else it would be given up after 4 s, while it is still being looked at.
      await page.addInitScript(() => {
        AbortController.prototype.abort = () => undefined;
      });
      return holdAnswers(page, '**/api/**');
    },
    says: { ...everywhere(/Loading…/), now: /Checking…/ },
  },
  'error with data': {
    reach: async (served) => (await stage(served)).addresses,
    async thenComes(served, pages) {
      for (const { recording } of pages) recording.expectStatus(503);
      await served.homeDatabase.cut();
    },
    says: {
      ...everywhere(AS_OF),
      now: /Orphan Sweeper cannot read its own database/,
      // They come from the environment.
      settings: SETTING,
    },
  },
  'error without data': {
    async reach(served) {
      const { addresses } = await stage(served);
      await served.homeDatabase.cut();
      return addresses;
    },
    async beforehand({ recording }) {
      recording.expectStatus(503);
    },
    says: {
      ...everywhere(/could not be read\./),
      now: /Orphan Sweeper cannot read its own database/,
      settings: SETTING,
    },
  },
  'filtered empty': {
    async reach(served) {
      const { addresses } = await stage(served);
      return {
        ...addresses,
        orphans: '/orphans?state=held&q=nothing',
        sweeps: '/sweeps?result=cancelled',
        sweep: `${addresses.sweep}?outcome=shared`,
      };
    },
    says: {
      orphans: /No orphan/,
      sweeps: /No sweep/,
      sweep: /None/,
      // These have no filter.
      now: null,
      orphan: null,
      activity: null,
      settings: null,
    },
  },
  disabled: {
    async reach(served) {
      const { program, addresses } = await stage(served);
      await served.kill();
      await program.exited;
      const without = { CONTROL_PLANE_URL: '', CONTROL_PLANE_SHARED_SECRET: '', CONTROL_PLANE_ADMIN_TOKEN: '' };
      await served.start({ ...SELDOM, ...without });
      return addresses;
    },
    says: everywhere(/Nothing is being stopped: no control plane is configured/),
  },
  paused: {
    async reach(served) {
      const { program, addresses } = await stage(served);
      const until = new Date(Date.now() + 3_600_000).toISOString();
      await change(program, 'PUT', '/api/pause', { reason: 'migration', until, actor: 'Anna' });
      return addresses;
    },
    says: everywhere(/Paused by Anna until .*: migration/),
  },
  brake: {
    async reach(served) {
      const { addresses } = await stage(served, { SWEEP_SURGE_LIMIT: '2' });
      await served.world.leakMany(3);
      return addresses;
    },
    says: everywhere(/Stopped by the safety brake: \d new orphans in 10 min/),
  },
  'dry run': {
    reach: async (served) => (await stage(served, { SWEEP_DRY_RUN: 'true' })).addresses,
    says: everywhere(/Dry run: 1 would be stopped/),
  },
  late: {
    async reach(served) {
      const { addresses } = await stage(served);
      await served.world.home.query(`update sweeper.tenants set alive_at = alive_at - interval '3 h'`);
      return addresses;
    },
    says: everywhere(/The sweeper has not run for 3 h/),
  },
  offline: {
    reach: async (served) => (await stage(served)).addresses,
    async thenComes(_served, pages) {
      for (const { page, recording } of pages) {
        recording.expectAway();
        await page.context().setOffline(true);
      }
    },
    says: everywhere(/This device is offline\.\s+Data from \d\d:\d\d:\d\dZ/),
  },
  'updates off': {
    reach: async (served) => (await stage(served)).addresses,
    async beforehand({ page }) {
      await page.addInitScript(() =>
        localStorage.setItem(
          'orphan-sweeper.display',
          JSON.stringify({ refreshMs: null, zone: 'utc', theme: 'system' }),
        ),
      );
    },
    says: everywhere(/Updates off/),
  },
};
