import { useState } from 'react';

export type Copied = 'no' | 'yes' | 'refused';

interface Copy {
  readonly copied: Copied;
  copy(text: string): void;
  /** Ready to copy again. */
  forget(): void;
}

/** Puts a text on the clipboard, and knows what became of that. */
export function useCopy(): Copy {
  const [copied, setCopied] = useState<Copied>('no');
  const copy = (text: string): void => {
    // Without TLS a browser has no clipboard for us; the text can be selected by hand.
    if (!('clipboard' in navigator)) {
      setCopied('refused');
      return;
    }
    navigator.clipboard.writeText(text).then(
      () => setCopied('yes'),
      () => setCopied('refused'),
    );
  };
  return { copied, copy, forget: () => setCopied('no') };
}
