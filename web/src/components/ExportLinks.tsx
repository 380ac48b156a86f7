import { number } from '../lib/count.ts';
import { exportQuery, type OrphanSearch } from '../lib/orphan-search.ts';

const FORMS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
] as const;

/** All that the filter shows, on every page of it, as a file. */
export function ExportLinks({ search, total }: { readonly search: OrphanSearch; readonly total: number }) {
  if (total === 0) return null;
  const query = exportQuery(search);
  return (
    <p className="flex items-center text-sm text-soft print:hidden">
      Export {number(total)} as
      {FORMS.map(([extension, word]) => (
        <a
          key={extension}
          href={`/api/orphans.${extension}${query === '' ? '' : `?${query}`}`}
          download
          aria-label={`Export ${number(total)} as ${word}`}
          className="link inline-flex min-h-11 min-w-11 items-center justify-center px-1.5 sm:min-h-8 sm:min-w-8"
        >
          {word}
        </a>
      ))}
    </p>
  );
}
