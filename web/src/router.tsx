import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { FAILURE_CLASSES, type FailureClass, ORPHAN_STATES, type OrphanState } from '../../server/sweep/outcome.ts';
import { App } from './app.tsx';
import { NotFoundPage } from './pages/NotFoundPage.tsx';
import { NowPage } from './pages/NowPage.tsx';

/** The first screen comes at once, the rest when it is asked for. */

const root = createRootRoute({ component: App, notFoundComponent: NotFoundPage });

const now = createRoute({ getParentRoute: () => root, path: '/', component: NowPage });

/** What the address of the list may ask for; the rest of an address is ignored. */
interface OrphanSearch {
  state?: OrphanState;
  class?: FailureClass;
}

const orphans = createRoute({
  getParentRoute: () => root,
  path: '/orphans',
  validateSearch: (search: Record<string, unknown>): OrphanSearch => {
    const state = ORPHAN_STATES.find((known) => known === search['state']);
    const failure = FAILURE_CLASSES.find((known) => known === search['class']);
    return { ...(state === undefined ? {} : { state }), ...(failure === undefined ? {} : { class: failure }) };
  },
  component: lazyRouteComponent(() => import('./pages/OrphansPage.tsx'), 'OrphansPage'),
});

const orphan = createRoute({
  getParentRoute: () => root,
  path: '/orphans/$workspaceId',
  component: lazyRouteComponent(() => import('./pages/OrphanPage.tsx'), 'OrphanPage'),
});

const sweeps = createRoute({
  getParentRoute: () => root,
  path: '/sweeps',
  component: lazyRouteComponent(() => import('./pages/SweepsPage.tsx'), 'SweepsPage'),
});

const sweep = createRoute({
  getParentRoute: () => root,
  path: '/sweeps/$sweepId',
  component: lazyRouteComponent(() => import('./pages/SweepPage.tsx'), 'SweepPage'),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: lazyRouteComponent(() => import('./pages/SettingsPage.tsx'), 'SettingsPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([now, orphans, orphan, sweeps, sweep, settings]),
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
