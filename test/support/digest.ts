import type { World } from './world.ts';

/** A fingerprint of each row of our tables, by `table/workspace/id`; and how long the audit is. */
export interface Digest {
  readonly rows: Readonly<Record<string, string>>;
  readonly audited: number;
  /** Of the platform's whole table. */
  readonly platform: string;
}

/** When the platform was looked at: it is, whenever somebody asks. */
const LOOKS = `array['observed_at', 'observe_ms', 'observe_error', 'observe_fault', 'observe_error_at']`;

/** What there is, to be compared with what there was. Cheap, so that it can be asked after each request. */
export async function createDigest(world: World): Promise<() => Promise<Digest>> {
  // Found in the catalogue, so that a new table is not forgotten.
  const { rows: tables } = await world.home.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'sweeper' and table_name not in ('audit', 'migrations', 'samples') order by 1`,
  );
  const each = tables.map(
    ({ name }) => `select '${name}' as name, to_jsonb(t) - ${LOOKS} as row from sweeper.${name} as t`,
  );
  const ours = `select (select count(*)::int from sweeper.audit) as audited, coalesce(jsonb_object_agg(
      concat_ws('/', name, row->>'workspace_id', coalesce(row->>'id', row->>'tenant')), md5(row::text)), '{}') as rows
    from (${each.join(' union all ')}) as found`;
  const theirs = `select md5(coalesce(string_agg(w::text, ',' order by id), '')) as platform from ${world.tableName} as w`;
  return async () => {
    const [home, platform] = await Promise.all([
      world.home.query<Pick<Digest, 'rows' | 'audited'>>(ours),
      world.platformDatabase.query<Pick<Digest, 'platform'>>(theirs),
    ]);
    const [{ rows, audited } = { rows: {}, audited: 0 }] = home.rows;
    return { rows, audited, platform: platform.rows[0]?.platform ?? '' };
  };
}

/** The rows that came, went or changed. */
export function changedRows(before: Digest, after: Digest): string[] {
  const keys = new Set([...Object.keys(before.rows), ...Object.keys(after.rows)]);
  return [...keys].filter((key) => before.rows[key] !== after.rows[key]).sort();
}
