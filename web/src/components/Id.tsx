import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

const LONGEST = 18;

/** An id: cut in the middle where it is long, whole when it is copied. */
export function Id({
  id,
  what,
  whole = false,
}: {
  readonly id: string;
  readonly what: string;
  readonly whole?: boolean;
}) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'refused'>('no');
  const copy = (): void => {
    navigator.clipboard.writeText(id).then(
      () => setCopied('yes'),
      // Without TLS a browser has no clipboard for us; the id can be selected by hand.
      () => setCopied('refused'),
    );
  };
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code title={id} className="font-mono text-[0.8125rem] break-all select-all">
        {whole || id.length <= LONGEST ? id : `${id.slice(0, 9)}…${id.slice(-6)}`}
      </code>
      {'clipboard' in navigator && (
        <button
          type="button"
          onClick={copy}
          aria-label={copied === 'yes' ? `${what} copied` : `Copy ${what}`}
          className="inline-grid size-6 shrink-0 cursor-pointer place-items-center rounded text-soft hover:bg-raised"
        >
          {copied === 'yes' ? (
            <Check aria-hidden="true" className="size-3.5" />
          ) : (
            <Copy aria-hidden="true" className="size-3.5" />
          )}
        </button>
      )}
      {copied === 'refused' && <span className="text-xs text-bad">not copied</span>}
    </span>
  );
}
