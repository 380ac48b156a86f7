import { lazy, Suspense, useState } from 'react';
import { useStatus } from '../hooks/useStatus.ts';
import { useSweepNow } from '../hooks/useSweepNow.ts';
import { number } from '../lib/count.ts';
import { progressOf } from '../lib/progress.ts';

const SweepDialog = lazy(() => import('./SweepDialog.tsx'));

/** More than a person can have looked at one by one: then the number is put before them once more. */
const WITHOUT_DIALOG = 25;

interface SweepButtonProps {
  readonly label: string;
  readonly dryRun: boolean;
  readonly look: string;
}

/** Safe to press twice: it joins. While the sweep that was asked for goes on, the button is its progress. */
export function SweepButton({ label, dryRun, look }: SweepButtonProps) {
  const { status } = useStatus();
  const { asked, ask } = useSweepNow();
  const [confirming, setConfirming] = useState(false);
  const sweepable = status?.sweepable ?? 0;
  const progress = progressWords(asked);
  const press = (): void => {
    if (sweepable > WITHOUT_DIALOG && !dryRun) setConfirming(true);
    else ask(dryRun, null);
  };
  return (
    <>
      <button type="button" className={look} onClick={press} aria-busy={progress !== null}>
        {progress ?? label}
      </button>
      {confirming && (
        <Suspense>
          <SweepDialog label={label} onClose={() => setConfirming(false)} />
        </Suspense>
      )}
    </>
  );
}

function progressWords(asked: ReturnType<typeof useSweepNow>['asked']): string | null {
  if (asked.stage === 'asking') return 'Asking…';
  if (asked.stage !== 'following' || asked.sweep === null || asked.sweep.finishedAt !== null) return null;
  const { ended, of } = progressOf(asked.sweep);
  if (asked.sweep.result === 'queued') return 'Queued…';
  return of === 0 ? 'Looking…' : `${number(ended)} of ${number(of)}`;
}
