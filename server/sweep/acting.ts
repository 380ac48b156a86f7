import { sql } from 'drizzle-orm';
import { tenants } from '../db/schema.ts';

/** Whether sweeps stop anything now, and if not why; the first that holds. */
export const ACTINGS = [
  'disabled',
  'brake',
  'platform',
  'not_known',
  'paused',
  'dry_run',
  'control_plane',
  'stops',
] as const;
export type Acting = (typeof ACTINGS)[number];

/** What the tenant's row says about it. */
export interface Standing {
  readonly brake: boolean;
  readonly platformFails: boolean;
  readonly notKnown: boolean;
  readonly paused: boolean;
  readonly breakerOpen: boolean;
}

/** The columns of a `Standing`, for a statement about `tenants`. */
export const standingColumns = {
  brake: sql<boolean>`${tenants.brakeAt} is not null`,
  platformFails: sql<boolean>`${tenants.observeError} is not null or ${tenants.platformWriteError} is not null
    or ${tenants.platformEmpty}`,
  notKnown: sql<boolean>`coalesce(${tenants.positiveControl} = 'not_known', false)`,
  paused: sql<boolean>`coalesce(${tenants.pauseUntil} > now(), false)`,
  breakerOpen: sql<boolean>`${tenants.breakerOpenedAt} is not null`,
};

/** @param settings whether nothing is stopped at all, and whether every sweep is dry */
export function actingOf(
  standing: Standing,
  settings: { readonly disabled: boolean; readonly dryRun: boolean },
): Acting {
  if (settings.disabled) return 'disabled';
  if (standing.brake) return 'brake';
  if (standing.platformFails) return 'platform';
  if (standing.notKnown) return 'not_known';
  if (standing.paused) return 'paused';
  if (settings.dryRun) return 'dry_run';
  return standing.breakerOpen ? 'control_plane' : 'stops';
}
