import { onTestFinished } from 'vitest';
import type { VerdictKind } from '../../../web/src/lib/verdict.ts';
import { createRole } from '../../support/database.ts';
import type { Program } from '../../support/process.ts';
import type { Offer } from './console.ts';
import { holdAnswers } from './hold.ts';
import type { OpenPage } from './open-page.ts';
import type { ServedWorld } from './served-world.ts';
import { sweepByHand, sweptAtStart } from './sweeps.ts';

/** A row of the verdict table, and how a real server comes to it. */
export interface VerdictRow {
  /** Names the screenshot, too. */
  readonly name: string;
  readonly kind: VerdictKind;
  readonly headline: RegExp;
  readonly primary: Offer | null;
  /** Must all be seen at once on a phone, without a scroll: the verdict, the causes, what to press. */
  readonly atOneGlance?: true;
  /** Starts the program, and leaves it as the page is to find it. */
  readonly reach: (served: ServedWorld) => Promise<void>;
  /** On a page that is still blank. */
  readonly beforehand?: (opened: OpenPage) => Promise<void>;
  /** While pages look on that have shown another verdict. */
  readonly thenComes?: (served: ServedWorld, pages: readonly OpenPage[]) => Promise<void>;
}

const RUNBOOK = 'https://runbook.example/orphans/';
/** Swept once, at the start. */
const SELDOM = {
  SWEEP_INTERVAL_SECONDS: '3600',
  ENVIRONMENT_NAME: 'production',
  RUNBOOK_URL: `${RUNBOOK}{class}`,
};
const MALFORMED = {
  kind: 'status',
  status: 400,
  body: '{"error":"malformed instance id","hint":"expected i- and 17 hexadecimal digits"}',
} as const;
const FAILS_ITSELF = { kind: 'status', status: 500, body: '{"error":"terminate failed: rate exceeded"}' } as const;

const runbook = (kind: VerdictKind): Offer => ({ words: 'Runbook', leadsTo: `${RUNBOOK}${kind}` });
const SETTINGS: Offer = { words: 'Settings', leadsTo: '/settings' };

type Leak = Parameters<ServedWorld['world']['controlPlane']['fail']>[1] | null;

/** Workspaces whose removal went wrong, each with what its Stop will meet. */
async function leak({ world }: ServedWorld, ...leaks: readonly Leak[]): Promise<void> {
  for (const [index, fault] of leaks.entries()) {
    const { instance_id: instanceId } = await world.leak(`dev-${index + 7}`);
    if (fault !== null) world.controlPlane.fail(instanceId ?? '', fault);
  }
}

async function startAndSweep(served: ServedWorld, env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const program = await served.start({ ...SELDOM, ...env });
  await sweptAtStart(program);
  return program;
}

export const VERDICT_ROWS: readonly VerdictRow[] = [
  {
    name: 'signed-out',
    kind: 'signed_out',
    headline: /^Signed out$/,
    primary: { words: 'Sign in again', leadsTo: null },
    async reach(served) {
      await leak(served, MALFORMED);
      await startAndSweep(served);
    },
    async thenComes(_served, pages) {
      for (const { page, recording } of pages) {
        recording.expectStatus(401);
        await page.route('**/api/**', (route) => route.fulfill({ status: 401, body: 'Sign in first' }));
      }
    },
  },
  {
    name: 'server-not-answering',
    kind: 'not_answering',
    headline: /^Server not answering\. Data from \d\d:\d\d:\d\dZ$/,
    primary: { words: 'Reload', leadsTo: null },
    async reach(served) {
      await leak(served, MALFORMED);
      await startAndSweep(served);
    },
    async thenComes(served, pages) {
      for (const { recording } of pages) recording.expectAway();
      await served.kill();
    },
  },
  {
    name: 'offline',
    kind: 'not_answering',
    headline: /^This device is offline\. Data from \d\d:\d\d:\d\dZ$/,
    primary: { words: 'Reload', leadsTo: null },
    async reach(served) {
      await leak(served, MALFORMED);
      await startAndSweep(served);
    },
    async thenComes(_served, pages) {
      for (const { page, recording } of pages) {
        recording.expectAway();
        await page.context().setOffline(true);
      }
    },
  },
  {
    name: 'checking',
    kind: 'checking',
    headline: /^Checking…$/,
    primary: null,
    async reach(served) {
      await served.start(SELDOM);
    },
    async beforehand({ page }) {
      // Else it would be given up after 4 s, while it is still being looked at.
      await page.addInitScript(() => {
        AbortController.prototype.abort = () => undefined;
      });
      onTestFinished(await holdAnswers(page, '**/api/**'));
    },
  },
  {
    name: 'home-database-unreadable',
    kind: 'home_unreadable',
    headline: /^Orphan Sweeper cannot read its own database$/,
    primary: runbook('home_unreadable'),
    async reach(served) {
      await leak(served, MALFORMED);
      await startAndSweep(served);
    },
    async thenComes(served, pages) {
      for (const { recording } of pages) recording.expectStatus(503);
      await served.homeDatabase.cut();
    },
  },
  {
    name: 'disabled-no-control-plane',
    kind: 'disabled',
    headline: /^Nothing is being stopped: no control plane is configured \(set CONTROL_PLANE_URL and restart\)$/,
    primary: SETTINGS,
    async reach(served) {
      await leak(served, null, null);
      const without = { CONTROL_PLANE_URL: '', CONTROL_PLANE_SHARED_SECRET: '', CONTROL_PLANE_ADMIN_TOKEN: '' };
      await served.start({ ...SELDOM, ...without });
    },
  },
  {
    name: 'disabled-limit-0',
    kind: 'disabled',
    headline: /^Nothing is being stopped: SWEEP_LIMIT is 0 \(set it to 1 or more and restart\)$/,
    primary: SETTINGS,
    async reach(served) {
      await leak(served, null, null);
      await served.start({ ...SELDOM, SWEEP_LIMIT: '0' });
    },
  },
  {
    name: 'late',
    kind: 'late',
    headline: /^The sweeper has not run for 3 h( \d+ min)?\. Instances are not being stopped$/,
    primary: runbook('late'),
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, FAILS_ITSELF, null);
      await startAndSweep(served);
      await served.world.home.query(`update sweeper.tenants set alive_at = alive_at - interval '3 h'`);
    },
  },
  {
    name: 'platform-database-unreadable',
    kind: 'platform_failing',
    headline: /cannot be reached/,
    primary: runbook('platform_failing'),
    async reach(served) {
      await leak(served, MALFORMED);
      await startAndSweep(served);
    },
    thenComes: (served) => served.platformDatabase.cut(),
  },
  {
    name: 'platform-database-not-writable',
    kind: 'platform_failing',
    headline: /^The role role_\w+ may not read or clear public\.workspaces/,
    primary: runbook('platform_failing'),
    async reach(served) {
      const { platformDatabase, tableName } = served.world;
      const role = await createRole();
      onTestFinished(() => role.drop(platformDatabase.url));
      await platformDatabase.query(`grant select on ${tableName} to ${role.name}`);
      await leak(served, null);
      await startAndSweep(served, { PLATFORM_DATABASE_URL: role.url(platformDatabase.url) });
    },
  },
  {
    name: 'dry-run',
    kind: 'dry_run',
    headline: /^Dry run: 2 would be stopped$/,
    primary: { words: 'See them', leadsTo: '/orphans' },
    async reach(served) {
      await leak(served, null, null);
      await startAndSweep(served, { SWEEP_DRY_RUN: 'true' });
    },
  },
  {
    name: 'control-plane-not-answering',
    kind: 'control_plane_failing',
    headline: /^The control plane is not answering\. 5 wait and heal by themselves when it is back$/,
    primary: runbook('control_plane_failing'),
    atOneGlance: true,
    async reach(served) {
      await leak(served, null, null, null, null, null);
      await served.world.controlPlane.startOutage('refuse');
      await startAndSweep(served);
    },
  },
  {
    name: 'control-plane-failing',
    kind: 'control_plane_failing',
    headline: /^The control plane is failing\. 3 wait and heal by themselves when it is back$/,
    primary: runbook('control_plane_failing'),
    atOneGlance: true,
    async reach(served) {
      await leak(served, null, null, null);
      await served.world.controlPlane.startOutage('503');
      await startAndSweep(served);
    },
  },
  {
    name: 'stuck',
    kind: 'stuck',
    headline: /^1 orphan needs you$/,
    primary: { words: 'Show the 1', leadsTo: '/orphans?state=stuck' },
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, { kind: 'status', status: 503 });
      const program = await startAndSweep(served);
      for (let failures = 1; failures < 5; failures += 1) await sweepByHand(program);
    },
  },
  {
    name: 'retrying',
    kind: 'retrying',
    headline: /^3 orphans are retrying by themselves$/,
    primary: { words: 'Sweep now (3)', leadsTo: null },
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, FAILS_ITSELF, { kind: 'status', status: 403 }, null);
      await startAndSweep(served);
    },
  },
  {
    name: 'waiting',
    kind: 'waiting',
    headline: /^2 orphans found, next sweep in (59|60) min$|^2 orphans found, next sweep in 1 h$/,
    primary: { words: 'Sweep now (2)', leadsTo: null },
    async reach(served) {
      await startAndSweep(served);
      await leak(served, null, null);
    },
  },
  {
    name: 'all-clear',
    kind: 'clear',
    headline: /^All clear: 0 orphans, looked at \d\d:\d\d:\d\dZ$/,
    primary: null,
    async reach(served) {
      await leak(served, null);
      await startAndSweep(served);
    },
  },
];
