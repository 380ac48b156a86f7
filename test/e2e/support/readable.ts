import { expect } from 'vitest';
import { seriousFindings } from './accessibility.ts';
import type { OpenPage } from './open-page.ts';
import { sticksOut } from './sideways.ts';

/** Everybody can read the page as it is now, in both themes, and scrolls only down. */
export async function expectReadable(opened: OpenPage): Promise<void> {
  expect(await sticksOut(opened.page)).toEqual([]);
  expect(await seriousFindings(opened)).toEqual({ light: [], dark: [] });
}
