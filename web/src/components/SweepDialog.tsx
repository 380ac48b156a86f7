import { AlertDialog } from '@base-ui/react/alert-dialog';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { useStatus } from '../hooks/useStatus.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { count } from '../lib/count.ts';
import { Since } from './When.tsx';

interface SweepDialogProps {
  readonly label: string;
  readonly onClose: () => void;
}

/** Says where, how many, how old, and what follows. The request carries the number that was read here. */
export default function SweepDialog({ label, onClose }: SweepDialogProps) {
  const { status } = useStatus();
  const { ask } = useSweepNow();
  const open = status?.counts?.open ?? null;
  const press = (): void => {
    ask(false, open);
    onClose();
  };
  return (
    <CSPProvider disableStyleElements>
      <AlertDialog.Root open onOpenChange={(still) => !still && onClose()}>
        <AlertDialog.Portal>
          <AlertDialog.Backdrop className="backdrop z-30" />
          <AlertDialog.Popup className="card fixed inset-x-4 bottom-4 z-40 mx-auto max-w-lg p-5 shadow-xl sm:top-1/4 sm:bottom-auto">
            <AlertDialog.Title className="text-lg font-semibold">
              {label}
              {status?.environment != null && ` in ${status.environment}`}
            </AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="mt-2 space-y-2">
              <p>
                {open === null ? 'How many orphans there are is not known.' : `${count(open, 'open orphan')}.`}
                {status?.oldest != null && (
                  <>
                    {' '}
                    The oldest: <Since time={status.oldest.orphanedAt} />.
                  </>
                )}
              </p>
              <p>
                The control plane is asked to stop each instance whose workspace is still removed. A stopped instance
                does not come back. If the number has changed by then, nothing is done and you are told.
              </p>
            </AlertDialog.Description>
            <div className="mt-5 flex flex-wrap justify-end gap-2">
              <AlertDialog.Close className="button">Not now</AlertDialog.Close>
              <button type="button" className="button button-primary" onClick={press}>
                {label}
              </button>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </CSPProvider>
  );
}
