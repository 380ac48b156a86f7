import type { SweepTimes } from './comparison.ts';
import { floorMs, median } from './figures.ts';
import type { Measured, Variant } from './measure.ts';
import type { Scale } from './scale.ts';
import { type Cells, inMegabytes, inMs, inTimes, markdownTable } from './table.ts';

export interface Machine {
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
}

/** Everything as Markdown: where it was measured, and three tables. */
export function report(scale: Scale, measured: Measured, machine: Machine): string {
  const where =
    `Measured on ${machine.cores} cores (${machine.platform}), Node.js ${machine.node}, PostgreSQL ${measured.postgres}: ` +
    `${inNumbers(scale.orphans)} orphans among ${inNumbers(scale.rows)} workspaces, ` +
    `a control plane that answers after ${scale.stopMs} ms, median of ${scale.runs} alternating runs.`;
  return [where, sweepTable(scale, measured), partsTable(measured), otherTable(scale, measured)].join('\n\n');
}

function sweepTable(scale: Scale, { variants }: Measured): string {
  const rows = variants.flatMap((variant) => {
    const publishedMs = whole(variant.published);
    const published: Cells = [`the published algorithm, ${words(variant)}`, inMs(publishedMs), '1×', ''];
    const ours = variant.ours.map(({ width, times }): Cells => {
      const floor = floorMs(scale.orphans, width, scale.stopMs);
      const ms = whole(times);
      const name = `this program, width ${width}, ${words(variant)}`;
      return [name, inMs(ms), inTimes(publishedMs / ms), `${inTimes(ms / floor)} of ${inMs(floor)}`];
    });
    return [published, ...ours];
  });
  return markdownTable(['one sweep', 'takes', 'faster', 'of the floor'], rows);
}

function partsTable({ variants }: Measured): string {
  const rows = variants.flatMap((variant) =>
    variant.ours.map(({ width, times }): Cells => {
      const part = (of: keyof SweepTimes): string => inMs(median(times.map((one) => one[of])));
      return [`width ${width}, ${words(variant)}`, part('beforeMs'), part('stoppingMs'), part('afterMs')];
    }),
  );
  return markdownTable(['where the time of a sweep goes', 'before the first Stop', 'Stops', 'after the last'], rows);
}

function otherTable(scale: Scale, { variants, pages }: Measured): string {
  const listed = inNumbers(scale.listed);
  const rows: Cells[] = [
    ...variants.map((variant): Cells => [`one look, ${words(variant)}`, inMs(variant.checks.lookMs)]),
    ...variants.map((variant): Cells => {
      return [`the check of ${scale.orphans} orphans and live rows, ${words(variant)}`, inMs(variant.checks.recheckMs)];
    }),
    ...variants.map((variant): Cells => {
      return [`start of the process to its first Stop, ${words(variant)}`, inMs(median(variant.firstStopMs))];
    }),
    [`\`GET /api/orphans\`, first page of ${listed} orphans`, inMs(pages.firstMs)],
    [`page ${inNumbers(scale.farPage)} of them`, inMs(pages.farMs)],
    ...variants.map((variant): Cells => {
      return [`heap after these sweeps, ${words(variant)}`, inMegabytes(variant.memory.heapUsed)];
    }),
    [`heap after those ${listed} orphans`, inMegabytes(pages.memory.heapUsed)],
    ...variants.map((variant): Cells => {
      return [`resident memory after these sweeps, ${words(variant)}`, inMegabytes(variant.memory.rss)];
    }),
    [`resident memory after those ${listed} orphans`, inMegabytes(pages.memory.rss)],
  ];
  return markdownTable(['also measured', ''], rows);
}

function whole(times: readonly SweepTimes[]): number {
  return median(times.map(({ wholeMs }) => wholeMs));
}

function words({ indexes }: Variant): string {
  return indexes === 'both' ? 'both indexes' : 'no index';
}

function inNumbers(count: number): string {
  return count.toLocaleString('en-US');
}
