import { eq, sql } from 'drizzle-orm';
import type { Config } from '../config.ts';
import type { Database } from '../db/connect.ts';
import { readSchemaState } from '../db/migrate.ts';
import { tenants } from '../db/schema.ts';
import { createIdentity } from '../sweep/fingerprint.ts';
import { wordsOf } from '../sweep/outcome.ts';
import { readPause } from '../sweep/pause.ts';
import { type Finding, not, note, ok, unknown } from './checklist.ts';

export interface Remembered {
  readonly config: Config;
  /** Of the program, `x.y.z`. */
  readonly version: string;
  /** Null: there is none to ask. */
  readonly home: Database | null;
}

const NOT_RUNNING = 'not asked: the home database does not run now';

/** Whether the inventory is about this platform. Takes nothing. */
export async function tenantFinding({ config, version, home }: Remembered, fingerprint: string): Promise<Finding> {
  const { tenant, platformMovedFrom: movedFrom } = config;
  if (home === null) return unknown(NOT_RUNNING);
  if ((await readSchemaState(home, version)) === 'none') {
    return ok(`nothing is remembered yet; ${tenant} will be ${fingerprint}`);
  }
  const refusal = await createIdentity(home, { tenant, fingerprint, movedFrom }).compare();
  return refusal === null ? ok(`${tenant} is ${fingerprint}`) : not(refusal);
}

/** What keeps a sweep from stopping anything just now, and is no fault. */
export async function standingFindings({ config, version, home }: Remembered): Promise<Finding[]> {
  const notes = settingNotes(config);
  if (home === null) return [...notes, unknown(NOT_RUNNING)];
  const state = await readSchemaState(home, version);
  if (state === 'behind') return [...notes, unknown('not asked: the home database is not migrated yet')];
  if (state === 'current') notes.push(...(await rememberedNotes(config, home)));
  return notes.length === 0 ? [ok('neither brake nor pause nor dry run is in the way')] : notes;
}

function settingNotes({ sweep }: Config): Finding[] {
  return [
    ...(sweep.limit === 0 ? [note('SWEEP_LIMIT is 0: nothing is stopped')] : []),
    ...(sweep.dryRun ? [note('SWEEP_DRY_RUN is true: orphans are listed and not stopped')] : []),
  ];
}

async function rememberedNotes({ tenant, backend }: Config, home: Database): Promise<Finding[]> {
  const pause = await readPause(home, tenant);
  const [row] = await home.transaction((tx) =>
    tx
      .select({
        braked: sql<boolean>`${tenants.brakeAt} is not null`,
        newOrphans: tenants.brakeOrphans,
        breakerOpen: sql<boolean>`${tenants.breakerOpenedAt} is not null`,
        breakerMessage: tenants.breakerMessage,
      })
      .from(tenants)
      .where(eq(tenants.tenant, tenant)),
  );
  return [
    ...(row?.braked
      ? [
          note(
            `the safety brake is latched (${row.newOrphans ?? 'many'} new orphans): nothing is stopped until it is released`,
          ),
        ]
      : []),
    ...(pause === null
      ? []
      : [
          note(
            `paused by ${pause.pausedBy ?? ''} until ${pause.pauseUntil?.toISOString()}: ${pause.pauseReason ?? ''}`,
          ),
        ]),
    ...(row?.breakerOpen
      ? [
          note(
            `the ${wordsOf(backend?.kind ?? null).backend} was failing (${row.breakerMessage ?? ''}): each sweep tries one until it is back`,
          ),
        ]
      : []),
  ];
}
