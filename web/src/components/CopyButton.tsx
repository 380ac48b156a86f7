import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useCopy } from '../hooks/useCopy.ts';

interface CopyButtonProps {
  /** What is copied; as a function where it is to be as it is when the button is pressed. */
  readonly text: string | (() => string);
  readonly label: string;
  /** A button unless told. */
  readonly look?: 'button' | 'quiet';
}

const LOOKS = {
  button: 'button',
  quiet: 'quiet',
} as const;

/** Copies a text, and says so. Where there is no clipboard, the text is put there to be selected. */
export function CopyButton({ text, label, look = 'button' }: CopyButtonProps) {
  const { copied, copy, forget } = useCopy();
  const [shown, setShown] = useState('');
  const press = (): void => {
    const now = typeof text === 'string' ? text : text();
    setShown(now);
    copy(now);
  };
  return (
    <span className="inline-flex max-w-full flex-col items-start gap-2 print:hidden">
      <button type="button" className={LOOKS[look]} onClick={press} onBlur={() => copied === 'yes' && forget()}>
        {copied === 'yes' ? (
          <Check aria-hidden="true" className="size-4 text-ok" />
        ) : (
          <Copy aria-hidden="true" className="size-4" />
        )}
        {/* One above the other: what stands beside the button does not move. */}
        <span className="grid justify-items-start *:[grid-area:1/1]">
          <span className={copied === 'yes' ? 'invisible' : ''}>{label}</span>
          <span className={copied === 'yes' ? '' : 'invisible'}>Copied</span>
        </span>
      </button>
      <span role="status" className={copied === 'refused' ? 'text-sm text-bad' : 'sr-only'}>
        {copied === 'yes' && `Copied: ${label}`}
        {copied === 'refused' && 'Not copied: this browser has no clipboard for this page. Select the text:'}
      </span>
      {copied === 'refused' && (
        <textarea
          readOnly
          aria-label={label}
          value={shown}
          rows={Math.min(8, shown.split('\n').length + 1)}
          onFocus={({ target }) => target.select()}
          className="field max-w-full font-mono"
        />
      )}
    </span>
  );
}
