import { useActor } from '../hooks/useActor.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type Asked, useSweepNow } from '../hooks/useSweepNow.ts';
import { number } from '../lib/count.ts';
import { neededFor } from '../lib/may.ts';
import { isDraining, progressOf } from '../lib/progress.ts';
import { WITHOUT_DIALOG, withoutDots } from '../lib/steering.ts';
import type { Action } from '../lib/verdict.ts';
import { ActButton } from './ActButton.tsx';

interface SweepButtonProps {
  readonly action: Action & { readonly kind: 'sweep' };
  readonly look: string;
}

/** Safe to press twice: it joins. While the sweep that was asked for goes on, the button is its progress. */
export function SweepButton({ action, look }: SweepButtonProps) {
  const { label, dryRun, asksFirst } = action;
  const { status } = useStatus();
  const { asked, ask } = useSweepNow();
  const { open } = useDialog();
  const { actor } = useActor();
  const sweepable = status?.sweepable ?? 0;
  const progress = progressWords(asked, dryRun);
  const press = (): void => {
    if (asked.stage === 'following' && isDraining(asked.sweep)) return;
    if (asksFirst || (sweepable > WITHOUT_DIALOG && !dryRun)) open({ kind: 'sweep', label: withoutDots(label) });
    else void ask({ dryRun, expected: null, actor });
  };
  return (
    <ActButton needs={neededFor(action)} className={look} onClick={press} aria-busy={progress !== null}>
      {progress ?? label}
    </ActButton>
  );
}

/** Of a sweep like the one that the button begins: a dry run that was asked for beside it has its own report. */
function progressWords(asked: Asked, dryRun: boolean): string | null {
  if (asked.stage === 'asking') return (asked.order.dryRun ?? false) === dryRun ? 'Asking…' : null;
  if (asked.stage !== 'following' || asked.sweep === null || asked.sweep.finishedAt !== null) return null;
  if (asked.sweep.dryRun !== dryRun) return null;
  const { ended, of } = progressOf(asked.sweep);
  if (asked.sweep.result === 'queued') return 'Queued…';
  return of === 0 ? 'Looking…' : `${number(ended)} of ${number(of)}`;
}
