import { type ComponentType, type ReactNode, useRef, useState } from 'react';
import { DialogContext, type DialogRequest } from '../hooks/useDialog.ts';

/** What dialogs/Dialog.tsx shows; that comes when it is first asked for. */
export interface DialogProps {
  readonly request: DialogRequest;
  /** Where the focus goes back to, if it is still there. */
  readonly opener: Element | null;
  readonly onClose: () => void;
}

interface Asked {
  readonly request: DialogRequest;
  readonly opener: Element | null;
  /** The dialogs could not be loaded. */
  readonly failed: boolean;
}

/**
 * Dialogs stand above the pages: a poll that changes the page below takes away neither the dialog nor what was typed
 * into it.
 */
export function DialogProvider({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [Dialog, setDialog] = useState<ComponentType<DialogProps> | null>(null);
  const times = useRef(0);
  const close = (): void => setAsked(null);

  const load = async (next: Asked): Promise<void> => {
    try {
      const { Dialog: loaded } = await import('../dialogs/Dialog.tsx');
      setDialog(() => loaded);
    } catch {
      // The server is away. The page goes on, and says why nothing opens.
      setAsked((now) => (now === next ? { ...next, failed: true } : now));
    }
  };
  const open = (request: DialogRequest): void => {
    const next = { request, opener: document.activeElement, failed: false };
    times.current += 1;
    setAsked(next);
    if (Dialog === null) void load(next);
  };

  return (
    <DialogContext value={{ open }}>
      {asked?.failed === true && (
        <p role="alert" className="flex items-center justify-center gap-3 bg-bad-wash px-4 py-1.5 text-sm">
          The dialog could not be loaded: the server did not answer.
          <button type="button" className="link min-h-11" onClick={() => open(asked.request)}>
            Try again
          </button>
        </p>
      )}
      {children}
      {asked !== null && Dialog !== null && (
        <Dialog key={times.current} request={asked.request} opener={asked.opener} onClose={close} />
      )}
    </DialogContext>
  );
}
