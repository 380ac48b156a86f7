const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** The text with what stands between its two markers replaced. Throws when it does not have each of them once. */
export function withFigures(text: string, figures: string): string {
  const [before, between, ...more] = text.split(BEGIN);
  const [, after, ...evenMore] = between?.split(END) ?? [];
  if (before === undefined || after === undefined || more.length > 0 || evenMore.length > 0) {
    throw new Error(`the text must have ${BEGIN} and ${END} once each, in this order`);
  }
  return `${before}${BEGIN}\n${figures}\n${END}${after}`;
}
