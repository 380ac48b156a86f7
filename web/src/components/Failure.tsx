/** Nothing could be shown at all, and why. */
export function Failure({ what, error }: { readonly what: string; readonly error: Error }) {
  return (
    <p role="alert" className="rounded-lg bg-bad-wash p-3 text-sm">
      <strong>{what} could not be read.</strong> {error.message}
    </p>
  );
}
