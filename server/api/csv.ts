import { type Options, stringify } from 'csv-stringify/sync';

export type Cell = string | number | null;
/** What stands in each column of a row, by the name of the column. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

const FORM: Options = {
  record_delimiter: 'windows',
  // Else a lone line break would be left as it is, and what stands behind it would be a row of its own.
  quote_record_delimiter: true,
  // What begins like a formula is run by a spreadsheet, and names are whatever users type.
  escape_formulas: true,
  cast: { string: (text) => (text.startsWith('\n') ? `'${text}` : text) },
};

export function csvHead<Row>(columns: Columns<Row>): string {
  return stringify([Object.keys(columns)], FORM);
}

export function csvRows<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  const cells = Object.values(columns);
  return stringify(
    rows.map((row) => cells.map((cell) => cell(row))),
    FORM,
  );
}

/**
 * The last line, as wide as all others: a file that ends without it was cut off. No first column holds anything that
 * begins with `#`, and the sentence has nothing in it that would be quoted, so that it can be found without a parser.
 */
export function csvEnd<Row>(columns: Columns<Row>, sentence: string): string {
  return stringify([Object.keys(columns).map((_name, i) => (i === 0 ? `# ${sentence}` : null))], FORM);
}
