/** Of the height of what will come, so that nothing jumps. Only while nothing is known yet. */
export function Loading({ rows }: { readonly rows: number }) {
  return (
    <div aria-busy="true" className="space-y-2">
      <span className="sr-only">Loading…</span>
      {Array.from({ length: rows }, (_, row) => (
        // The rows are all the same and never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={row} className="h-11 rounded bg-raised" />
      ))}
    </div>
  );
}
