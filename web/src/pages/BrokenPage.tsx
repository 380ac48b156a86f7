import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';

/** A page that failed by a fault of its own. Nothing is asked of anybody here: this must not fail, too. */
export function BrokenPage({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <div role="alert" className="space-y-3 rounded-lg bg-bad-wash p-4">
      <h1 className="text-xl font-semibold">This page failed by a fault of the console</h1>
      <p className="break-words">{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
