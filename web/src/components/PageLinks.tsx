import { Link } from '@tanstack/react-router';

interface PageLinksProps {
  /** The page that is shown is not the first. */
  readonly later: boolean;
  /** The cursor of the next page; null: this is the last, or not known. */
  readonly next: string | null;
  /** How much of the list the page is. */
  readonly words?: string;
}

/** From page to page of a list. To the one before leads the browser's own Back: a cursor knows only what comes after. */
export function PageLinks({ later, next, words }: PageLinksProps) {
  if (!later && next === null) return null;
  return (
    <nav aria-label="Pages of this list" className="flex flex-wrap items-center gap-2 text-sm">
      {words !== undefined && <p className="mr-auto text-soft">{words}</p>}
      {later && (
        <Link to="." search={({ after: _page, ...filter }) => filter} onClick={toTheTop} className="button">
          First page
        </Link>
      )}
      {next !== null && (
        <Link to="." search={(filter) => ({ ...filter, after: next })} onClick={toTheTop} className="button">
          Next page
        </Link>
      )}
    </nav>
  );
}

/** Who reads on by keyboard or by ear begins with the first row, not below the last. */
function toTheTop(): void {
  document.querySelector('main')?.focus({ preventScroll: true });
}
