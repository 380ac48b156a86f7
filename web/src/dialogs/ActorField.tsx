import { MOST_ACTOR_CHARACTERS } from '../lib/actor.ts';

interface ActorFieldProps {
  /** Whoever has signed in does it, and nobody else; null: nobody has to. */
  readonly signedIn: string | null;
  readonly remembered: string | null;
  /** Null: what is remembered is to be used. */
  readonly typed: string | null;
  readonly required: boolean;
  readonly onType: (typed: string) => void;
}

/** Who does it. Where nobody signs in, asked once; from then on said, and changed where it is said. */
export function ActorField({ signedIn, remembered, typed, required, onType }: ActorFieldProps) {
  if (signedIn !== null) {
    return (
      <p className="text-sm break-words">
        As <strong>{signedIn}</strong>
      </p>
    );
  }
  if (remembered !== null && typed === null) {
    return (
      <p className="flex min-h-11 flex-wrap items-center gap-x-3 text-sm sm:min-h-0">
        <span className="min-w-0 break-words">
          As <strong>{remembered}</strong> (unverified)
        </span>
        <button
          type="button"
          className="link min-h-11 cursor-pointer sm:min-h-6"
          aria-label="Change your name"
          onClick={() => onType('')}
        >
          Change
        </button>
      </p>
    );
  }
  return (
    <label className="block text-sm font-medium">
      Your name{required ? '' : ' (optional)'}
      <input
        className="field mt-1 font-normal"
        value={typed ?? ''}
        onChange={(event) => onType(event.target.value)}
        required={required}
        pattern=".*\S.*"
        title="Not only spaces"
        maxLength={MOST_ACTOR_CHARACTERS}
        autoComplete="name"
        enterKeyHint="done"
      />
      <span className="mt-1 block font-normal text-soft">
        Shown to everybody as “{typed?.trim() || 'Anna'} (unverified)”, and remembered in this browser.
      </span>
    </label>
  );
}
