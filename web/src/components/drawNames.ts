import uPlot from 'uplot';

export interface Named {
  readonly name: string;
  readonly colour: string;
  /** Where its line ends. */
  readonly count: number;
}

const GAP_PX = 6;
const APART_PX = 15;

/** Writes the name of each line at its end, the first above the second where they meet. */
export function drawNames({ ctx, bbox, valToPos }: uPlot, font: string, [upper, lower]: readonly [Named, Named]): void {
  const ratio = uPlot.pxRatio;
  const apart = APART_PX * ratio;
  const lowerY = valToPos(lower.count, 'y', true);
  const upperY = Math.min(valToPos(upper.count, 'y', true), lowerY - apart);
  ctx.save();
  ctx.font = font.replace(/^[\d.]+/, (size) => String(Number(size) * ratio));
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const [{ name, colour }, y] of [
    [upper, upperY],
    [lower, lowerY],
  ] as const) {
    ctx.fillStyle = colour;
    ctx.fillText(name, bbox.left + bbox.width + GAP_PX * ratio, y);
  }
  ctx.restore();
}
