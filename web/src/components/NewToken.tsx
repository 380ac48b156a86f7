import type { CreatedToken } from '../hooks/useDialog.ts';
import { CopyButton } from './CopyButton.tsx';

interface NewTokenProps {
  readonly created: CreatedToken;
  readonly onDone: () => void;
}

/** A token that was just given out: whoever leaves without it has to give out another one. */
export function NewToken({ created: { name, token }, onDone }: NewTokenProps) {
  return (
    <section aria-label={`The token ${name}`} className="space-y-2 rounded-lg bg-warn-wash p-3 text-sm">
      <p role="status" className="break-words">
        <strong>{name} is given out.</strong> Copy the token now: it is shown only now, and kept nowhere.
      </p>
      <code className="block rounded-lg border border-line bg-surface px-3 py-2 font-mono text-[0.8125rem] break-all">
        {token}
      </code>
      <div className="flex flex-wrap gap-2">
        <CopyButton label="Copy the token" text={token} />
        <button type="button" className="button" onClick={onDone}>
          I have it
        </button>
      </div>
    </section>
  );
}
