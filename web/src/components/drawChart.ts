import uPlot from 'uplot';
import { countTicks, type Span, tickWords, timeTicks } from '../lib/chart-ticks.ts';
import { number } from '../lib/count.ts';
import { onDisplayChange } from '../lib/display.ts';
import { isolated, lastKnown, type Series } from '../lib/samples.ts';
import { chartColours } from './chartColours.ts';
import { drawNames } from './drawNames.ts';

/** A chart on the page, until it is ended. */
export interface Drawn {
  /** Shows what it is there; null: nowhere. */
  pointAt(ms: number | null): void;
  end(): void;
}

const FONT_PX = 12;
const DIGIT_PX = 7;
const AXIS_PX = 28;
/** For the names at the ends of the lines. */
const NAMES_PX = 48;
const POINT_PX = 6;
const NOWHERE = { left: -10, top: -10 };
/** Colours change with the system's theme, and on paper; with the person's own choice, too. */
const COLOUR_QUERIES = ['(prefers-color-scheme: dark)', '(forced-colors: active)', 'print'];

/**
 * Draws into `place`, as large as that is. A gap is a gap: a line ends before it and begins anew behind it.
 *
 * @param onPoint when the pointer comes to another bucket, or leaves (null)
 */
export function drawChart(place: HTMLElement, series: Series, span: Span, onPoint: (ms: number | null) => void): Drawn {
  let colours = chartColours(place);
  const seconds = series.atMs.map((ms) => ms / 1000);
  const ticks = countTicks(Math.max(0, ...series.open.map((open) => open ?? 0)));
  const top = ticks.at(-1) ?? 1;
  const font = `${FONT_PX}px ${getComputedStyle(place).fontFamily}`;
  const last = lastKnown(series);

  const axis = (): uPlot.Axis => ({
    stroke: () => colours.text,
    font,
    grid: { stroke: () => colours.line, width: 1 },
    ticks: { show: false },
  });
  const lineOf = (name: 'open' | 'stuck', look: uPlot.Series): uPlot.Series => ({
    stroke: () => colours[name],
    width: 2,
    spanGaps: false,
    points: {
      size: POINT_PX,
      fill: () => colours[name],
      filter: (_plot, _index, all) => (all ? null : isolated(series[name])),
    },
    ...look,
  });

  const plot = new uPlot(
    {
      width: place.clientWidth,
      height: place.clientHeight,
      padding: [10, NAMES_PX, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false, y: false }, points: { size: POINT_PX + 3 } },
      scales: { x: { range: () => [span.fromMs / 1000, span.toMs / 1000] }, y: { range: () => [0, top] } },
      axes: [
        {
          ...axis(),
          size: AXIS_PX,
          splits: (self) => timeTicks(span, self.over.clientWidth || place.clientWidth).map((ms) => ms / 1000),
          values: (_self, splits) => splits.map((at) => tickWords(at * 1000, span.zone)),
        },
        {
          ...axis(),
          size: number(top).length * DIGIT_PX + 16,
          splits: () => ticks,
          values: (_self, splits) => splits.map(number),
        },
      ],
      series: [{}, lineOf('open', { fill: () => colours.wash }), lineOf('stuck', { width: 2.5, dash: [6, 4] })],
      hooks: {
        draw: [
          (self) =>
            drawNames(self, font, [
              { name: 'Open', colour: colours.open, count: series.open[last] ?? 0 },
              { name: 'Stuck', colour: colours.stuck, count: series.stuck[last] ?? 0 },
            ]),
        ],
        setCursor: [({ cursor: { idx } }) => onPoint(idx == null ? null : (series.atMs[idx] ?? null))],
      },
    },
    [seconds, [...series.open], [...series.stuck]],
    place,
  );

  const pointAt = (ms: number | null): void => {
    const left = ms === null ? null : plot.valToPos(ms / 1000, 'x');
    plot.setCursor(left === null ? NOWHERE : { left, top: 0 }, false);
  };
  const recolour = (): void => {
    colours = chartColours(place);
    plot.redraw(false);
  };
  const sized = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: place.clientHeight }));
  sized.observe(place);
  const queries = COLOUR_QUERIES.map((query) => window.matchMedia(query));
  for (const query of queries) query.addEventListener('change', recolour);
  const forget = onDisplayChange(recolour);
  return {
    pointAt,
    end() {
      sized.disconnect();
      forget();
      for (const query of queries) query.removeEventListener('change', recolour);
      plot.destroy();
    },
  };
}
