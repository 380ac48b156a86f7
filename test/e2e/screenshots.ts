import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Sweep } from '../../server/api/sweeps.ts';
import { until } from '../support/until.ts';
import { CHROMIUM_ARGS, findChromium } from './support/chromium.ts';

/** The two pictures of the README, taken of the demo: `npm run screenshots`. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const PICTURES: Readonly<Record<string, BrowserContextOptions>> = {
  'now-desktop-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'now-phone-dark': {
    viewport: { width: 360, height: 780 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    colorScheme: 'dark',
  },
};
const NEVER_HEALS = 'nightly-import';
const STUCK_AFTER = 5;
const MOST_BYTES = 200_000;

async function get<Body>(url: string, init: RequestInit = {}): Promise<Body> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  const body: Body = await response.json();
  return body;
}

interface Demo {
  readonly url: string;
  end(): Promise<void>;
}

async function startDemo(): Promise<Demo> {
  const demo = spawn(process.execPath, ['dist/server/main.js', 'demo'], {
    cwd: PROJECT,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A Ctrl-C is for this script, which ends the demo itself.
    detached: true,
  });
  const exited = once(demo, 'exit');
  const end = async (): Promise<void> => {
    demo.kill('SIGINT');
    await exited;
  };
  for await (const line of createInterface({ input: demo.stdout })) {
    const url = /^Open (http:\S+)$/.exec(line)?.[1];
    if (url !== undefined) return { url, end };
  }
  throw new Error('the demo ended without an address');
}

/** Sweeps only what leaked of one workspace, and waits for the end. */
async function sweepOnly(url: string, workspaceId: string): Promise<void> {
  const { id } = await get<Sweep>(`${url}/api/sweeps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workspaceIds: [workspaceId] }),
  });
  await until(async () => (await get<Sweep>(`${url}/api/sweeps/${id}`)).finishedAt, { what: 'a sweep to end' });
}

/** One orphan needs a person, one is retrying, others wait for the next sweep; and the last one has just cleared some. */
async function comeToTheMoment(url: string): Promise<void> {
  const { items } = await get<OrphanListAnswer>(`${url}/api/orphans`);
  const failing = items.find(({ workspaceName }) => workspaceName === NEVER_HEALS);
  if (failing === undefined) throw new Error(`the demo has no orphan ${NEVER_HEALS}`);
  for (let failures = 0; failures < STUCK_AFTER; failures += 1) await sweepOnly(url, failing.workspaceId);
  const sweptAgain = async () => {
    const { items: sweeps } = await get<{ items: Sweep[] }>(`${url}/api/sweeps?trigger=interval`);
    return sweeps.some(({ finishedAt }) => finishedAt !== null);
  };
  await until(sweptAgain, { timeoutMs: 60_000, what: 'the next sweep to end' });
}

async function take(browser: Browser, url: string, name: string, looks: BrowserContextOptions): Promise<void> {
  const session = await browser.newContext({ ...looks, reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-US' });
  const page = await session.newPage();
  await page.goto(url);
  await page.locator('[data-verdict="stuck"]').waitFor();
  await page.locator('h2#orphans').waitFor();
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null);
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  const path = `${PROJECT}docs/${name}.png`;
  // Hiding the caret would insert a stylesheet, which the Content-Security-Policy refuses.
  await page.screenshot({ path, caret: 'initial' });
  await session.close();
  const { size } = statSync(path);
  if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes, over ${MOST_BYTES}`);
  console.log(`docs/${name}.png: ${Math.round(size / 1000)} kB`);
}

mkdirSync(`${PROJECT}docs`, { recursive: true });
const executablePath = findChromium(process.env);
const demo = await startDemo();
try {
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    await comeToTheMoment(demo.url);
    for (const [name, looks] of Object.entries(PICTURES)) await take(browser, demo.url, name, looks);
  } finally {
    await browser.close();
  }
} finally {
  await demo.end();
}
