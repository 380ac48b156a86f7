import type { Role } from '../../../server/sweep/outcome.ts';
import { whyNotOf } from '../lib/may.ts';
import { useStatus } from './useStatus.ts';

/** Why who looks at this page may not do what needs this role; null: they may. */
export function useWhyNot(needed: Role): string | null {
  return whyNotOf(useStatus().status, needed);
}
