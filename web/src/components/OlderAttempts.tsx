import type { AllAttempts } from '../hooks/useAllAttempts.ts';

/** Where the timeline has a gap: what is missing is read when it is asked for. */
export function OlderAttempts({ older: { asking, error, showOlder } }: { readonly older: AllAttempts }) {
  return (
    <>
      {error !== null && (
        <p role="alert" className="text-bad">
          They could not be read. {error}
        </p>
      )}
      <button type="button" className="button" aria-busy={asking} onClick={showOlder}>
        {asking ? 'Asking…' : 'Show older'}
      </button>
    </>
  );
}
