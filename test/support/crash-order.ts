/** What a sweep that is to crash needs to know; as JSON on the command line of killed-sweep.ts. */
export interface CrashOrder {
  readonly homeUrl: string;
  readonly platformUrl: string;
  readonly controlPlane: { readonly url: string; readonly sharedSecret: string; readonly adminToken: string };
  readonly table: { readonly schema: string; readonly name: string };
  readonly fingerprint: string;
  readonly secondLookMs: number;
  /** Null: it sweeps to its end. */
  readonly crash: CrashPoint | null;
}

/** The `nth` call, from 1, of one method of what a sweep is given; `before` it is made, or `after` it was answered. */
export interface CrashPoint {
  readonly moment: 'before' | 'after';
  readonly call: string;
  readonly nth: number;
}
