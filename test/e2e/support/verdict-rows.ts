import { onTestFinished } from 'vitest';
import type { Status } from '../../../server/api/status.ts';
import type { VerdictKind } from '../../../web/src/lib/verdict.ts';
import { createRole } from '../../support/database.ts';
import type { Program } from '../../support/process.ts';
import { until } from '../../support/until.ts';
import type { Offer } from './console.ts';
import { holdAnswers } from './hold.ts';
import type { OpenPage } from './open-page.ts';
import type { ServedWorld } from './served-world.ts';
import { BEHIND_PROXY, signIn } from './signed-in.ts';
import { sweepByHand, sweptAtStart } from './sweeps.ts';

/** A row of the verdict table, and how a real server comes to it. */
export interface VerdictRow {
  /** Names the screenshot, too. */
  readonly name: string;
  readonly kind: VerdictKind;
  readonly headline: RegExp;
  /** Below the headline, where the row has something of its own there. */
  readonly detail?: RegExp;
  readonly primary: Offer | null;
  /** How many orphans are listed below; null: nobody knows, which is not 0. */
  readonly listed: number | null;
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

/** As `PUT` at the API, an hour long. */
async function putForAnHour(program: Program, path: string, reason: string): Promise<void> {
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const { status, text } = await program.call(path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason, until, actor: 'Anna' }),
  });
  if (status !== 200) throw new Error(`PUT ${path} answered ${status}: ${text}`);
}

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
    listed: 1,
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
    name: 'first-visit-signed-out',
    kind: 'signed_out',
    headline: /^Signed out$/,
    primary: { words: 'Sign in', leadsTo: null },
    listed: null,
    async reach(served) {
      await served.start({ ...SELDOM, ...BEHIND_PROXY });
    },
    async beforehand({ recording }) {
      recording.expectStatus(401);
    },
  },
  {
    name: 'no-role',
    kind: 'refused',
    headline: /^Carl is signed in, but has no role here: none of their groups is in ROLE_VIEWER, .*\.$/,
    primary: { words: 'Reload', leadsTo: null },
    listed: null,
    async reach(served) {
      await served.start({ ...SELDOM, ...BEHIND_PROXY });
    },
    async beforehand({ page, recording }) {
      recording.expectStatus(403);
      await signIn(page, 'Carl', 'nobody');
    },
  },
  {
    name: 'server-not-answering',
    kind: 'not_answering',
    headline: /^Server not answering\. Data from \d\d:\d\d:\d\dZ$/,
    primary: { words: 'Reload', leadsTo: null },
    listed: 1,
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
    listed: 1,
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
    listed: null,
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
    listed: 1,
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
    listed: 2,
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
    listed: 2,
    async reach(served) {
      await leak(served, null, null);
      await served.start({ ...SELDOM, SWEEP_LIMIT: '0' });
    },
  },
  {
    name: 'brake',
    kind: 'brake',
    headline: /^Stopped by the safety brake: 3 new orphans in 10 min$/,
    detail: /^over the limit of 2 · 3 wait for a release · oldest \d+ s$/,
    primary: { words: 'Review and release…', leadsTo: null },
    listed: 3,
    atOneGlance: true,
    async reach(served) {
      await startAndSweep(served, { SWEEP_SURGE_LIMIT: '2' });
      await leak(served, null, null, null);
    },
  },
  {
    name: 'late',
    kind: 'late',
    headline: /^The sweeper has not run for 3 h( \d+ min)?\. Instances are not being stopped$/,
    detail: /^2 orphans when it last looked · oldest /,
    primary: runbook('late'),
    listed: 2,
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, FAILS_ITSELF, null);
      await startAndSweep(served);
      // As if all that had been three hours ago.
      await served.world.home.query(`update sweeper.tenants set alive_at = alive_at - interval '3 h'`);
      await served.world.home.query(`
        update sweeper.sweeps set requested_at = requested_at - interval '3 h',
          started_at = started_at - interval '3 h', finished_at = finished_at - interval '3 h'`);
      await served.world.home.query(`
        update sweeper.orphans set orphaned_at = orphaned_at - interval '3 h',
          first_seen_at = first_seen_at - interval '3 h', cause_since = cause_since - interval '3 h'`);
    },
  },
  {
    name: 'platform-database-unreadable',
    kind: 'platform_failing',
    headline: /cannot be reached/,
    primary: runbook('platform_failing'),
    listed: 1,
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
    listed: 1,
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
    name: 'control-plane-of-another-platform',
    kind: 'not_known',
    headline:
      /^The control plane knows none of 2 instances of live workspaces of this platform, so it may be another's/,
    detail: /^Set CONTROL_PLANE_URL to the control plane of this platform/,
    primary: runbook('not_known'),
    listed: 1,
    atOneGlance: true,
    async reach(served) {
      const { platformDatabase, tableName } = served.world;
      await platformDatabase.query(
        `insert into ${tableName} (id, name, status, instance_id)
         select gen_random_uuid(), 'live-' || n, 'online', 'i-elsewhere-' || n from generate_series(1, 2) as n`,
      );
      await leak(served, null);
      await startAndSweep(served);
    },
  },
  {
    name: 'paused',
    kind: 'paused',
    headline: /^Paused by Anna until (\d{4}-\d\d-\d\d )?\d\d:\d\dZ: the control plane is being moved$/,
    detail: /^2 orphans wait · oldest /,
    primary: { words: 'Resume', leadsTo: null },
    listed: 2,
    atOneGlance: true,
    async reach(served) {
      const program = await startAndSweep(served);
      await leak(served, null, null);
      await putForAnHour(program, '/api/pause', 'the control plane is being moved');
    },
  },
  {
    name: 'dry-run',
    kind: 'dry_run',
    headline: /^Dry run: 2 would be stopped$/,
    primary: { words: 'See them', leadsTo: '/orphans' },
    listed: 2,
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
    listed: 5,
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
    listed: 3,
    atOneGlance: true,
    async reach(served) {
      await leak(served, null, null, null);
      await served.world.controlPlane.startOutage('503');
      await startAndSweep(served);
    },
  },
  {
    name: 'breaker-throttled',
    kind: 'control_plane_failing',
    headline: /^The control plane asks to be called less\. 4 wait and heal by themselves when it takes calls again$/,
    detail: /not called before \d\d:\d\d:\d\dZ$/,
    primary: runbook('control_plane_failing'),
    listed: 4,
    atOneGlance: true,
    async reach(served) {
      await leak(served, null, null, null, null);
      served.world.controlPlane.failAll({ kind: 'status', status: 429, headers: { 'retry-after': '300' }, on: 'stop' });
      await startAndSweep(served);
    },
  },
  {
    name: 'stuck',
    kind: 'stuck',
    headline: /^1 orphan needs you$/,
    primary: { words: 'Show the 1', leadsTo: '/orphans?state=stuck' },
    listed: 2,
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, { kind: 'status', status: 503 });
      const program = await startAndSweep(served);
      for (let failures = 1; failures < 5; failures += 1) await sweepByHand(program);
    },
  },
  {
    name: 'three-stuck',
    kind: 'stuck',
    headline: /^3 orphans need you$/,
    detail: /^2 more are retrying by themselves · oldest /,
    primary: { words: 'Show the 3', leadsTo: '/orphans?state=stuck' },
    listed: 5,
    atOneGlance: true,
    async reach(served) {
      await leak(served, MALFORMED, MALFORMED, { kind: 'status', status: 403 });
      const program = await startAndSweep(served);
      for (let failures = 1; failures < 5; failures += 1) await sweepByHand(program);
      await leak(served, FAILS_ITSELF, FAILS_ITSELF, null);
      await sweepByHand(program);
    },
  },
  {
    name: 'retrying',
    kind: 'retrying',
    headline: /^3 orphans are retrying by themselves$/,
    primary: { words: 'Sweep now (3)', leadsTo: null },
    listed: 3,
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
    listed: 2,
    async reach(served) {
      await startAndSweep(served);
      await leak(served, null, null);
    },
  },
  {
    name: 'surge',
    kind: 'waiting',
    headline: /^12 orphans found, next sweep in /,
    detail: /12 new in 10 min \(the safety brake: over 20\)$/,
    primary: { words: 'Sweep now (12)', leadsTo: null },
    listed: 12,
    async reach(served) {
      await startAndSweep(served, { SWEEP_SURGE_LIMIT: '20' });
      await served.world.leakMany(12);
    },
  },
  {
    name: 'held',
    kind: 'held',
    headline: /^1 orphan held, and no other$/,
    primary: { words: 'Show the 1', leadsTo: '/orphans?state=held' },
    listed: 1,
    async reach(served) {
      const program = await startAndSweep(served);
      const { id } = await served.world.leak('dev-7');
      await until(async () => (await program.call<Status>('/api/status')).body.counts?.open === 1, {
        what: 'the orphan to be seen',
      });
      await putForAnHour(program, `/api/orphans/${id}/hold`, 'its disk is being copied');
    },
  },
  {
    name: 'not-confirmed',
    kind: 'unconfirmed',
    headline: /^Cleared; termination of 2 not confirmed$/,
    detail: /^0 orphans, looked at \d\d:\d\d:\d\dZ\. /,
    primary: null,
    listed: 0,
    async reach(served) {
      await leak(served, null, null);
      served.world.controlPlane.setStatusRoute(false);
      const program = await startAndSweep(served, { SECOND_LOOK_SECONDS: '1' });
      await until(
        async () => {
          await sweepByHand(program);
          return (await program.call<Status>('/api/status')).body.unconfirmed === 2;
        },
        { timeoutMs: 30_000, what: 'the second looks to find nobody to ask' },
      );
    },
  },
  {
    name: 'all-clear',
    kind: 'clear',
    headline: /^All clear: 0 orphans, looked at \d\d:\d\d:\d\dZ$/,
    primary: null,
    listed: 0,
    atOneGlance: true,
    async reach(served) {
      await leak(served, null);
      await startAndSweep(served);
    },
  },
];
