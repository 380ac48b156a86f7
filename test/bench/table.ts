/** One line of a table: a cell per column. */
export type Cells = readonly (string | number)[];

/** A table in Markdown; the first column to the left, the others, which are figures, to the right. */
export function markdownTable(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells): string => `| ${cells.join(' | ')} |`;
  const rule = `|${head.map((_, column) => (column === 0 ? '---' : '---:')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** Whole milliseconds from 10 on, one decimal below: more would be noise. */
export function inMs(ms: number): string {
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en-US')} ms`;
}

export function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MB`;
}

export function inTimes(factor: number): string {
  return `${factor.toFixed(factor < 9.95 ? 2 : 1)}×`;
}
