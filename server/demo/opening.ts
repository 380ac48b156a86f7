import type { Fault } from './faults.ts';

/** What keeps an instance from being stopped at the first try. */
export interface Trouble {
  readonly sentence: string;
  readonly fault: Fault;
  /** What the platform wrote instead of the instance's id. */
  readonly miswritten?: (instanceId: string) => string;
}

/** A workspace as the demo begins. */
export interface Opening {
  /** Invented, as all of them. */
  readonly name: string;
  /** How long ago its removal went wrong; null: it lives. */
  readonly leakedMinutesAgo: number | null;
  readonly trouble?: Trouble;
}

const BUSY: Trouble = {
  sentence: 'is answered with 503 twice, and heals at the third try',
  fault: { kind: 'status', status: 503, times: 2, body: '{"error":"the cloud is throttling us"}' },
};
const MALFORMED: Trouble = {
  sentence: 'has a malformed id (400): it never heals, and after five failures it needs you',
  fault: { kind: 'status', status: 400, body: '{"error":"malformed instance id"}' },
  // As an import that took the end of an ARN for the id.
  miswritten: (instanceId) => `instance/${instanceId}`,
};
const ACCEPTED_ONLY: Trouble = {
  sentence: 'is accepted (202) and keeps running all the same: a second look finds it, and it needs you',
  fault: { kind: 'still-running' },
};

const MINUTES_PER_DAY = 24 * 60;

/** 14 workspaces; 9 have leaked within three days. In this order they are swept: the oldest leak first. */
export const OPENING: readonly Opening[] = [
  { name: 'checkout-load-test', leakedMinutesAgo: 2 * MINUTES_PER_DAY + 1_265 },
  { name: 'docs-preview-412', leakedMinutesAgo: 2 * MINUTES_PER_DAY + 1_258 },
  { name: 'mara-sandbox', leakedMinutesAgo: 2 * MINUTES_PER_DAY + 310, trouble: BUSY },
  { name: 'ml-notebook-07', leakedMinutesAgo: 1 * MINUTES_PER_DAY + 902 },
  { name: 'nightly-import', leakedMinutesAgo: 1 * MINUTES_PER_DAY + 894, trouble: MALFORMED },
  { name: 'invoice-replay', leakedMinutesAgo: 1 * MINUTES_PER_DAY + 75 },
  { name: 'demo-for-tuesday', leakedMinutesAgo: 731 },
  { name: 'pr-1187-preview', leakedMinutesAgo: 188, trouble: ACCEPTED_ONLY },
  { name: 'kofi-scratch', leakedMinutesAgo: 43 },
  { name: 'storefront', leakedMinutesAgo: null },
  { name: 'billing-api', leakedMinutesAgo: null },
  { name: 'search-index', leakedMinutesAgo: null },
  { name: 'support-desk', leakedMinutesAgo: null },
  { name: 'partner-portal', leakedMinutesAgo: null },
];
