/** One line of what a scrape is answered. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads Prometheus' text format.
 *
 * @throws for a line that is neither a sample nor a comment
 */
export function readExposition(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      // The library writes NaN in a way of its own, which Prometheus reads.
      if (name === '' || (Number.isNaN(Number(value)) && value !== 'Nan')) throw new Error(`no sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', of = '']) => [key, of]);
      return { name, labels: Object.fromEntries(pairs), value: Number(value) };
    });
}

/** The value of the only sample of this name with these labels, whatever others it has; undefined: there is none. */
export function measured(
  samples: readonly Sample[],
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length > 1) throw new Error(`several samples of ${name} with ${JSON.stringify(labels)}`);
  return found[0]?.value;
}
