import { latePage } from '../components/LatePage.tsx';
import { latePart } from '../components/LatePart.tsx';

/** The pages that are no part of the first screen. */

export const LateOrphansPage = latePage(async () => (await import('./OrphansPage.tsx')).OrphansPage);
export const LateOrphanPage = latePage(async () => (await import('./OrphanPage.tsx')).OrphanPage);
export const LateSweepsPage = latePage(async () => (await import('./SweepsPage.tsx')).SweepsPage);
export const LateSweepPage = latePage(async () => (await import('./SweepPage.tsx')).SweepPage);
export const LateActivityPage = latePage(async () => (await import('./ActivityPage.tsx')).ActivityPage);
export const LateSettingsPage = latePage(async () => (await import('./SettingsPage.tsx')).SettingsPage);

/** Parts of the first page that few ever see. */
export const LateSetUp = latePart('What to set up', async () => (await import('../components/SetUp.tsx')).SetUp);
export const LateNothingYet = latePart(
  'What happens next',
  async () => (await import('../components/NothingYet.tsx')).NothingYet,
);

export const LATE_PAGES = [
  LateOrphansPage,
  LateOrphanPage,
  LateSweepsPage,
  LateSweepPage,
  LateActivityPage,
  LateSettingsPage,
];
