/** Going through the lines of a list by key. A line is marked by the page that shows it; its link is what has the focus. */

const LINE = 'main [data-line]';
const SEARCH = '[data-search]';

function linkOf(line: Element): HTMLElement | null {
  return line.querySelector<HTMLElement>('a');
}

/** Moves the focus to the line after this element's, or before it; from outside all lines to the first or the last. */
export function stepFrom(element: Element | null, step: 1 | -1): void {
  const lines = [...document.querySelectorAll(LINE)];
  const at = lines.findIndex((line) => line.contains(element));
  const next = at === -1 ? lines.at(step === 1 ? 0 : -1) : lines[at + step];
  if (next === undefined) return;
  const link = linkOf(next);
  link?.focus({ preventScroll: true });
  // The line and not its link only, and no further than it must.
  void next.scrollIntoView({ block: 'nearest' });
}

/** As if the box of this line were pressed; a line without one has nothing to choose. */
export function toggleAt(element: Element | null): void {
  element?.closest(LINE)?.querySelector<HTMLElement>('input[type="checkbox"]')?.click();
}

/** Puts the focus into the search field; where the page has none, on the page that has. */
export async function toSearch(goThere: () => Promise<unknown>): Promise<void> {
  if (focusSearch()) return;
  await goThere();
  if (focusSearch()) return;
  // That page may still have to be loaded.
  const appeared = new MutationObserver(() => {
    if (focusSearch()) appeared.disconnect();
  });
  appeared.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => appeared.disconnect(), WAITS_MS);
}

/** Later the person is elsewhere by now. */
const WAITS_MS = 2_000;

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>(SEARCH);
  field?.select();
  field?.focus();
  return field !== null;
}
