import { CSPProvider } from '@base-ui/react/csp-provider';
import { Dialog } from '@base-ui/react/dialog';
import { WhyNot } from '../components/WhyNot.tsx';
import { COMMANDS, KEYS } from '../lib/keys.ts';
import { useFrame } from './useFrame.ts';

/** Which key does what. */
export function KeysDialog() {
  const { opener, onClose } = useFrame();
  return (
    <CSPProvider disableStyleElements>
      <Dialog.Root open onOpenChange={(still) => !still && onClose()}>
        <Dialog.Portal>
          <Dialog.Backdrop className="backdrop z-30" />
          <Dialog.Popup
            finalFocus={() => (opener instanceof HTMLElement && opener.isConnected ? opener : null)}
            className="card fixed inset-x-2 bottom-[max(0.5rem,env(safe-area-inset-bottom))] z-40 mx-auto flex max-h-[calc(100dvh-1rem)] max-w-md flex-col p-4 shadow-xl outline-none sm:top-[10dvh] sm:bottom-auto sm:max-h-[80dvh] sm:p-5"
          >
            <Dialog.Title className="pb-2 text-lg leading-snug font-semibold">Keys</Dialog.Title>
            <dl className="min-h-0 divide-y divide-line overflow-y-auto text-sm">
              {COMMANDS.map((command) => (
                <div key={command} className="flex items-baseline gap-4 py-1.5">
                  <dt className="w-16 shrink-0">
                    {KEYS[command].presses.map((press) => (
                      <kbd
                        key={press}
                        className="mr-1 inline-block min-w-6 rounded border border-line bg-raised px-1.5 text-center font-mono text-[0.8125rem]"
                      >
                        {press}
                      </kbd>
                    ))}
                  </dt>
                  <dd>
                    {KEYS[command].words}
                    {command === 'pause' && <WhyNot needs={['operator']} />}
                  </dd>
                </div>
              ))}
            </dl>
            <Dialog.Description className="pt-3 text-sm text-soft">
              While nobody is typing. They can be switched off under Display.
            </Dialog.Description>
            <div className="flex justify-end pt-3 max-sm:*:flex-1">
              <Dialog.Close className="button">Close</Dialog.Close>
            </div>
          </Dialog.Popup>
        </Dialog.Portal>
      </Dialog.Root>
    </CSPProvider>
  );
}
