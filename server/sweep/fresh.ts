import { eq, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { tenants } from '../db/schema.ts';
import type { Clock } from './clock.ts';
import { PlatformFault } from './platform-fault.ts';

/** How old an inventory may be before somebody who looks at it has it observed again. */
const MAX_AGE_MS = 2_000;
/** Where observing is slow the age grows to so many times what the last one took: at most 5 % of the time is spent. */
const SLOW_FACTOR = 20;
/** A console waits no longer than this: then it is shown what there is, with its age. */
const PATIENCE_MS = 2_500;

/** How old the inventory may be, as an interval. In a statement about `tenants`. */
function allowedAge(moreMs: number): SQL {
  const slow = sql`coalesce(${tenants.observeMs}, 0) * ${SLOW_FACTOR}`;
  return sql`make_interval(secs => (greatest(${MAX_AGE_MS}, ${slow}) + ${moreMs}) / 1000.0)`;
}

/** Whether the platform did not answer somebody who has just asked for a fresh inventory, and waited. */
export const isStale: SQL<boolean> = sql<boolean>`(${tenants.observeError} is not null
  or coalesce(${tenants.observedAt} < now() - ${allowedAge(PATIENCE_MS)}, true))`;

export interface FreshDeps {
  readonly clock: Clock;
  readonly home: Database;
  readonly tenant: string;
  /** One look. Throws a PlatformFault when the platform does not answer. */
  readonly observe: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** How an inventory is made fresh; one observe for all who wait. */
export interface Fresh {
  /**
   * For somebody who is about to read it: an old one is observed again first. Resolves without having done so when the
   * platform does not answer, or not soon; a failed look is not repeated for 2 s.
   *
   * @throws when the home database cannot be read
   */
  ifOld(): Promise<void>;
  /**
   * For somebody whose decision depends on it: looks again, however young it is, and waits for the end.
   *
   * @returns null; or why the platform could not be looked at
   * @throws when the home database fails
   */
  now(): Promise<PlatformFault | null>;
}

export function createFresh({ clock, home, tenant, observe, onError }: FreshDeps): Fresh {
  let looking: Promise<{ readonly error: unknown }> | null = null;
  let begun = 0;

  const look = () => {
    if (looking !== null) return looking;
    begun += 1;
    looking = observe()
      .then(
        () => ({ error: null }),
        (error: unknown) => {
          if (!(error instanceof PlatformFault)) onError(error);
          return { error };
        },
      )
      .finally(() => {
        looking = null;
      });
    return looking;
  };

  return {
    async ifOld() {
      const begunBefore = begun;
      if (looking === null && !(await isOld(home, tenant))) return;
      // The age that was read is that from before a look which has begun and ended since.
      if (looking === null && begun > begunBefore) return;
      const enough = new AbortController();
      await Promise.race([look(), clock.delay(PATIENCE_MS, enough.signal)]);
      enough.abort();
    },
    async now() {
      // The look under way may have read the platform before this was asked. Whoever waits for it looks together.
      await looking;
      const { error } = await look();
      if (error === null || error instanceof PlatformFault) return error;
      throw error;
    },
  };
}

async function isOld(home: Database, tenant: string): Promise<boolean> {
  const [state] = await home.transaction((tx) =>
    tx
      .select({
        old: sql<boolean>`coalesce(${tenants.observedAt} < clock_timestamp() - ${allowedAge(0)}, true)`,
        justFailed: sql<boolean>`coalesce(${tenants.observeErrorAt} > clock_timestamp() - interval '2 seconds', false)`,
      })
      .from(tenants)
      .where(eq(tenants.tenant, tenant)),
  );
  return state === undefined ? false : state.old && !state.justFailed;
}
