const format = new Intl.NumberFormat('en-US');

/** `1,204` */
export function number(value: number): string {
  return format.format(value);
}

/** `1 orphan`, `1,204 orphans` */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}
