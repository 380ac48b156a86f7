/** What only the reader knows, as it stands in the lines to copy. */
const GAPS = [
  'THE_ROLE',
  'THE_PASSWORD',
  'A_PASSWORD',
  'DATABASE_HOST',
  'PRIMARY_HOST',
  'DATABASE_NAME',
  'CONTROL_PLANE_HOST',
  'THE_SHARED_SECRET',
  'THE_ADMIN_TOKEN',
  'SCHEMA.TABLE',
  'A_NAME_OF_ITS_OWN',
  'ID_COLUMN',
  'NAME_COLUMN',
  'STATUS_COLUMN',
  'INSTANCE_COLUMN',
  'UPDATED_COLUMN',
] as const;

const GAP = new RegExp(`(?<!\\w)(${GAPS.join('|').replaceAll('.', '\\.')})(?!\\w)`);

/** The text in parts: every other one, from the second, is a gap. */
export function parted(text: string): readonly string[] {
  return text.split(GAP);
}

export function hasGap(text: string): boolean {
  return GAP.test(text);
}
