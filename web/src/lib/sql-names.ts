/** A table, by the names that it has in the catalogue. */
export interface TableName {
  readonly schema: string;
  readonly name: string;
}

/** PLATFORM_TABLE as it is read: `schema.table`, or a table of the schema public. */
export function tableNamed(setting: string): TableName {
  const dot = setting.indexOf('.');
  return dot < 0
    ? { schema: 'public', name: setting }
    : { schema: setting.slice(0, dot), name: setting.slice(dot + 1) };
}

/** Quoted whatever it is: capitals and reserved words are names, too, and a role may be called `user`. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function qualified({ schema, name }: TableName): string {
  return `${identifier(schema)}.${identifier(name)}`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
