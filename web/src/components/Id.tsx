import { Check, Copy } from 'lucide-react';
import { useCopy } from '../hooks/useCopy.ts';

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
  const { copied, copy } = useCopy();
  const cut = !whole && id.length > LONGEST;
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code title={id} className={`font-mono text-[0.8125rem] ${whole ? 'break-all' : 'whitespace-nowrap'}`}>
        {cut ? <Cut id={id} /> : id}
      </code>
      {'clipboard' in navigator && (
        <button
          type="button"
          onClick={() => copy(id)}
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

/** On paper it is whole: there it can neither be copied nor pointed at. */
function Cut({ id }: { readonly id: string }) {
  return (
    <>
      <span className="print:hidden">
        {id.slice(0, 9)}…{id.slice(-6)}
      </span>
      <span className="hidden break-all whitespace-normal print:inline">{id}</span>
    </>
  );
}
