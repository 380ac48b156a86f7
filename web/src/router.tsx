import {
  createRootRoute,
  createRoute,
  createRouter,
  parseSearchWith,
  stringifySearchWith,
} from '@tanstack/react-router';
import { App } from './app.tsx';
import { activitySearch } from './lib/activity-search.ts';
import { nowSearch } from './lib/now-search.ts';
import { orphanSearch } from './lib/orphan-search.ts';
import { attemptSearch, sweepSearch } from './lib/sweep-search.ts';
import { BrokenPage } from './pages/BrokenPage.tsx';
import {
  LateActivityPage,
  LateOrphanPage,
  LateOrphansPage,
  LateSettingsPage,
  LateSweepPage,
  LateSweepsPage,
} from './pages/late.ts';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { NowPage } from './pages/NowPage.tsx';

/** The first screen comes at once, the rest when it is asked for. */

const root = createRootRoute({ component: App, notFoundComponent: NotFoundPage });

const now = createRoute({ getParentRoute: () => root, path: '/', validateSearch: nowSearch, component: NowPage });

const orphans = createRoute({
  getParentRoute: () => root,
  path: '/orphans',
  validateSearch: orphanSearch,
  component: LateOrphansPage,
});

const orphan = createRoute({
  getParentRoute: () => root,
  path: '/orphans/$workspaceId',
  component: LateOrphanPage,
});

const sweeps = createRoute({
  getParentRoute: () => root,
  path: '/sweeps',
  validateSearch: sweepSearch,
  component: LateSweepsPage,
});

const sweep = createRoute({
  getParentRoute: () => root,
  path: '/sweeps/$sweepId',
  validateSearch: attemptSearch,
  component: LateSweepPage,
});

const activity = createRoute({
  getParentRoute: () => root,
  path: '/activity',
  validateSearch: activitySearch,
  component: LateActivityPage,
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: LateSettingsPage,
});

export const router = createRouter({
  routeTree: root.addChildren([now, orphans, orphan, sweeps, sweep, activity, settings]),
  // As the API has it: a text that looks like JSON stays what it is, and is found by.
  parseSearch: parseSearchWith(String),
  stringifySearch: stringifySearchWith(String),
  defaultErrorComponent: BrokenPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
