import { beforeEach, describe, expect, it } from 'vitest';
import { VERDICT_KINDS } from '../../web/src/lib/verdict.ts';
import { listedOn, PRIMARY, primaryOf, verdictOf } from './support/console.ts';
import { type Device, type OpenPage, openPage, type Theme } from './support/open-page.ts';
import { expectReadable } from './support/readable.ts';
import { screenshot } from './support/screenshot.ts';
import { createServedWorld, type ServedWorld } from './support/served-world.ts';
import { VERDICT_ROWS, type VerdictRow } from './support/verdict-rows.ts';

let served: ServedWorld;
beforeEach(async () => {
  served = await createServedWorld();
});

it('the rows are all that can be reached: only the first look is never waited for', () => {
  const reached = new Set(VERDICT_ROWS.map(({ kind }) => kind));
  expect(VERDICT_KINDS.filter((kind) => !reached.has(kind))).toEqual(['unknown']);
  expect(VERDICT_ROWS).toHaveLength(27);
});

describe('each row of the verdict table is said, with what to press, and everybody can read it', () => {
  const rows = VERDICT_ROWS.map((row, index) => ({ ...row, themes: themesOf(index) }));
  it.each(rows)('$name', async (row) => {
    await row.reach(served);
    const pages = [await openOn('desktop', row, row.themes[0]), await openOn('phone', row, row.themes[1])];
    await row.thenComes?.(served, pages);
    for (const opened of pages) await expectSaid(opened, row);
  });
});

/** Each row in both themes, and each device as often in either. */
function themesOf(index: number): readonly [Theme, Theme] {
  return index % 2 === 0 ? ['light', 'dark'] : ['dark', 'light'];
}

/** Where something is yet to come, the page has seen first what was before. */
async function openOn(device: Device, row: VerdictRow, theme: Theme): Promise<OpenPage> {
  const opened = await openPage(served.origin, { device, theme });
  if (device === 'phone') await opened.page.setViewportSize({ width: 360, height: 740 });
  await row.beforehand?.(opened);
  await opened.page.goto('/');
  if (row.thenComes !== undefined) {
    await verdictOf(opened.page, 'retrying');
    await expect.poll(() => listedOn(opened.page)).toBe(1);
  }
  return opened;
}

async function expectSaid(opened: OpenPage, row: VerdictRow): Promise<void> {
  const { page } = opened;
  expect(await verdictOf(page, row.kind)).toMatch(row.headline);
  // What has just leaked is counted by the next look, which a busy machine may keep waiting.
  if (row.detail !== undefined)
    await expect.poll(() => page.locator('[data-verdict] h1 + p').innerText()).toMatch(row.detail);
  await expect.poll(() => primaryOf(page)).toEqual(row.primary);
  expect(await page.locator('p[role="status"]').innerText()).not.toBe('');
  if (row.listed === null) expect(await page.locator('h2#orphans').count()).toBe(0);
  else await expect.poll(() => listedOn(page)).toBe(row.listed);
  await screenshot(opened, `verdict-${row.name}`);
  if (row.atOneGlance && opened.device === 'phone') await expectAtOneGlance(opened, row);
  await expectReadable(opened);
  // It is still what was read.
  await verdictOf(page, row.kind);
}

/** What a person woken at night comes with: each must be answered by the first screen of a phone. */
const AT_NIGHT = ['all-clear', 'three-stuck', 'control-plane-not-answering', 'brake', 'late'];

it('the five situations of a night are among those that are looked at on one screen', () => {
  const rows = VERDICT_ROWS.filter(({ name }) => AT_NIGHT.includes(name));
  expect(rows.map(({ atOneGlance }) => atOneGlance)).toEqual(AT_NIGHT.map(() => true));
});

/** The verdict with its number, the causes and what to press lie on the first screen, and none covers another. */
async function expectAtOneGlance({ page }: OpenPage, row: VerdictRow): Promise<void> {
  const height = page.viewportSize()?.height ?? Number.NaN;
  const boxOf = async (selector: string) => {
    const box = await page.locator(selector).boundingBox();
    if (box === null) throw new Error(`${selector} is not on the page`);
    return { top: box.y, bottom: box.y + box.height };
  };
  const [verdict, causes] = [await boxOf('[data-verdict]'), await boxOf('section[aria-labelledby="why"]')];
  expect(await page.locator('[data-verdict]').innerText()).toMatch(/\d (new )?orphans?\b|\d waits? /);
  expect(verdict.top).toBeGreaterThanOrEqual(0);
  expect(causes.top).toBeGreaterThanOrEqual(verdict.bottom);
  if (row.primary === null) {
    expect(causes.bottom).toBeLessThanOrEqual(height);
  } else {
    const primary = await boxOf(PRIMARY);
    expect(primary.top).toBeGreaterThanOrEqual(causes.bottom);
    expect(primary.bottom).toBeLessThanOrEqual(height);
  }
  expect(await page.evaluate(() => scrollY)).toBe(0);
}
