/** What a canvas cannot look up by itself: the colours of the theme as they are now. */
export interface ChartColours {
  readonly open: string;
  readonly wash: string;
  readonly stuck: string;
  readonly text: string;
  readonly line: string;
}

const COLOURS: Readonly<Record<keyof ChartColours, string>> = {
  open: 'var(--color-accent)',
  wash: 'color-mix(in srgb, var(--color-accent) 12%, transparent)',
  stuck: 'var(--color-bad)',
  text: 'var(--color-soft)',
  line: 'var(--color-line)',
};

export function chartColours(place: HTMLElement): ChartColours {
  const probe = document.createElement('span');
  place.append(probe);
  const of = (colour: string): string => {
    probe.style.color = colour;
    return getComputedStyle(probe).color;
  };
  const { open, wash, stuck, text, line } = COLOURS;
  const colours = { open: of(open), wash: of(wash), stuck: of(stuck), text: of(text), line: of(line) };
  probe.remove();
  return colours;
}
