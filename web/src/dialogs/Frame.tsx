import { AlertDialog } from '@base-ui/react/alert-dialog';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { mayBeDone } from '../api.ts';
import { useActor } from '../hooks/useActor.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { setActor } from '../lib/actor.ts';
import { ActorField } from './ActorField.tsx';
import { PartlyDone } from './PartlyDone.ts';
import { useFrame } from './useFrame.ts';

interface FrameProps {
  /** Verb and number; the environment is added. */
  readonly title: string;
  /** What is at stake: how many, the oldest, the consequence. */
  readonly children: ReactNode;
  /** What is to be filled in. */
  readonly fields?: ReactNode;
  /** On the button. */
  readonly press: string;
  readonly dismiss?: string;
  readonly actor: 'required' | 'optional';
  /** There is more to read than fits: it begins at the top, and not where one begins to type. */
  readonly readFirst?: boolean;
  /** What the button does. What it throws is told here, and all that was typed stays. */
  readonly act: (actor: string | null) => Promise<unknown>;
}

/** A question before something is done: closed only when it is done and the page shows it, or when nothing was. */
export function Frame(props: FrameProps) {
  const { title, children, fields, press, dismiss = 'Not now', actor, act, readFirst = false } = props;
  const { opener, onClose } = useFrame();
  const environment = useStatus().status?.environment ?? null;
  const client = useQueryClient();
  const { signedIn, actor: remembered } = useActor();
  const [typed, setTyped] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const dismissal = useRef<HTMLButtonElement>(null);
  const name = (typed ?? remembered ?? '').trim();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setRefusal(null);
    try {
      await act(name === '' ? null : name);
      if (name !== '') setActor(name);
      // The page shows what has come of it before the dialog leaves.
      await client.invalidateQueries();
      onClose();
    } catch (error) {
      setRefusal(told(error));
      setBusy(false);
    }
  };

  return (
    <CSPProvider disableStyleElements>
      <AlertDialog.Root open onOpenChange={(still) => !still && !busy && onClose()}>
        <AlertDialog.Portal>
          <AlertDialog.Backdrop className="backdrop z-30" />
          <AlertDialog.Popup
            initialFocus={(by) => {
              if (readFirst) return heading.current;
              return by === 'touch' ? true : (firstField(form.current) ?? dismissal.current);
            }}
            finalFocus={() => stillThere(opener) ?? placeOfReport() ?? document.querySelector<HTMLElement>('main')}
            className="card fixed inset-x-2 bottom-[max(0.5rem,env(safe-area-inset-bottom))] z-40 mx-auto max-w-xl shadow-xl outline-none sm:top-[10dvh] sm:bottom-auto"
          >
            <form ref={form} onSubmit={submit} className="flex max-h-[calc(100dvh-1rem)] flex-col sm:max-h-[80dvh]">
              <AlertDialog.Title
                ref={heading}
                tabIndex={-1}
                className="p-4 pb-2 text-lg leading-snug font-semibold break-words outline-none sm:p-5 sm:pb-2"
              >
                {title}
                {environment !== null && ` in ${environment}`}
              </AlertDialog.Title>
              <div className="min-h-0 space-y-4 overflow-y-auto px-4 py-1 sm:px-5">
                <AlertDialog.Description render={<div />} className="space-y-2 text-[0.9375rem]">
                  {children}
                </AlertDialog.Description>
                {fields}
                <ActorField
                  signedIn={signedIn}
                  remembered={remembered}
                  typed={typed}
                  required={actor === 'required'}
                  onType={setTyped}
                />
              </div>
              <div className="space-y-3 p-4 pt-2 sm:p-5 sm:pt-3">
                {refusal !== null && <Refusal message={refusal} />}
                <div className="flex flex-wrap justify-end gap-2 max-sm:*:flex-1">
                  <AlertDialog.Close ref={dismissal} className="button">
                    {dismiss}
                  </AlertDialog.Close>
                  {/* Not disabled while it is asked: that would throw the focus out of the dialog. */}
                  <button type="submit" className="button button-primary" aria-disabled={busy}>
                    {busy ? 'Asking…' : press}
                  </button>
                </div>
              </div>
            </form>
          </AlertDialog.Popup>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </CSPProvider>
  );
}

function Refusal({ message }: { readonly message: string }) {
  const line = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    // In new browsers it answers with a promise, which an effect must not.
    void line.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  return (
    <p ref={line} role="alert" className="rounded-lg bg-bad-wash p-3 text-sm break-words">
      {message}
    </p>
  );
}

/** Whoever gave no answer may have done it all the same. */
function told(error: unknown): string {
  if (error instanceof PartlyDone) return error.message;
  const message = error instanceof Error ? error.message : String(error);
  return mayBeDone(error)
    ? `Not known whether it was done. ${message} Pressed again, it is not done twice.`
    : `Not done. ${message}`;
}

/** Where one begins to type; null where there is nothing to type. */
function firstField(form: HTMLFormElement | null): HTMLElement | null {
  return form?.querySelector<HTMLElement>('input:not([type="radio"])') ?? null;
}

/** Where it is told what became of it; null where nothing is. */
function placeOfReport(): HTMLElement | null {
  return document.querySelector<HTMLElement>('[data-report]:has(section)');
}

function stillThere(opener: Element | null): HTMLElement | null {
  return opener instanceof HTMLElement && opener.isConnected && opener !== document.body ? opener : null;
}
