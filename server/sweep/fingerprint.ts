import { eq } from 'drizzle-orm';
import type { Database } from '../db/connect.ts';
import { tenants } from '../db/schema.ts';

/** Which platform a tenant's inventory is about: two of them under one name would resolve each other's orphans. */
export interface Identity {
  /** `host:port/database schema.table` */
  readonly fingerprint: string;
  /**
   * Takes the tenant for this platform where it has none yet, has the one that this one moved from, or has another table
   * of the same database that could never be looked at: it was named wrong at first, and nothing is known of it.
   *
   * @returns why nothing may be observed or stopped; null: it is ours
   */
  check(): Promise<string | null>;
  /** The same, but nothing is taken: for those who only come by. */
  compare(): Promise<string | null>;
  /** By the last of these. */
  refusal(): string | null;
}

export interface IdentityOptions {
  readonly tenant: string;
  readonly fingerprint: string;
  /** PLATFORM_MOVED_FROM. */
  readonly movedFrom: string | null;
}

const columns = { known: tenants.platformFingerprint, observedAt: tenants.observedAt };

export function createIdentity(home: Database, options: IdentityOptions): Identity {
  const { tenant, fingerprint } = options;
  let refusal: string | null = null;
  return {
    fingerprint,
    async check() {
      const known = await home.transaction(async (tx) => {
        const [row] = await tx.select(columns).from(tenants).where(eq(tenants.tenant, tenant)).for('update');
        if (row === undefined || row.known === fingerprint) return null;
        const foreign = foreignOf(row, options);
        if (foreign !== null) return foreign;
        // Whoever sweeps now asks the platform that is no more: its next Stop finds that the lease is gone.
        const lease = row.known === null ? {} : { leaseHolder: null, leaseSweepId: null, leaseUntil: null };
        await tx
          .update(tenants)
          .set({ platformFingerprint: fingerprint, ...lease })
          .where(eq(tenants.tenant, tenant));
        return null;
      });
      refusal = known === null ? null : foreignSentence(tenant, known, fingerprint);
      return refusal;
    },
    async compare() {
      const [row] = await home.transaction((tx) => tx.select(columns).from(tenants).where(eq(tenants.tenant, tenant)));
      const known = row === undefined ? null : foreignOf(row, options);
      refusal = known === null ? null : foreignSentence(tenant, known, fingerprint);
      return refusal;
    },
    refusal: () => refusal,
  };
}

/** The platform that the inventory is about, if it is another and nobody has said that this one moved from there. */
function foreignOf(
  { known, observedAt }: { readonly known: string | null; readonly observedAt: Date | null },
  { fingerprint, movedFrom }: Pick<IdentityOptions, 'fingerprint' | 'movedFrom'>,
): string | null {
  if (known === null || known === fingerprint || known === movedFrom) return null;
  const namedWrong = observedAt === null && databaseOf(known) === databaseOf(fingerprint);
  return namedWrong ? null : known;
}

export function foreignSentence(tenant: string, known: string, fingerprint: string): string {
  return (
    `The home database knows the tenant ${tenant} as the platform ${known}, and this one is ${fingerprint}. ` +
    'Set TENANT to a name of its own for this platform or, if the database only moved, ' +
    `PLATFORM_MOVED_FROM=${known}.`
  );
}

/** The name of a table has no spaces. */
function databaseOf(fingerprint: string): string {
  return fingerprint.replace(/ [^ ]*$/, '');
}
