import { Link } from '@tanstack/react-router';
import { type KeyboardEvent, useRef } from 'react';
import type { Sweep } from '../../../server/api/sweeps.ts';
import type { SweepResult } from '../../../server/sweep/outcome.ts';
import { getSweeps } from '../api.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { moment } from '../lib/moment.ts';
import { outcomesOf } from '../lib/progress.ts';
import { OUTCOME_WORDS, RESULT_WORDS } from '../lib/words.ts';
import { DayLine } from './DayLine.tsx';

const SHOWN = 60;

const BARS: Readonly<Record<SweepResult, string>> = {
  queued: 'bar-open',
  running: 'bar-open',
  cleared: 'bar-cleared',
  partial: 'bar-partial',
  failed: 'bar-failed',
  nothing_to_do: 'bar-quiet',
  dry_run: 'bar-dry',
  skipped: 'bar-not-done',
  cancelled: 'bar-not-done',
  interrupted: 'bar-not-done',
};
const LEGEND = ['cleared', 'partial', 'failed', 'nothing_to_do', 'skipped'] as const satisfies readonly SweepResult[];

/** The last 60 sweeps, oldest first, each a link. */
export function SweepStrip({ enabled }: { readonly enabled: boolean }) {
  const poll = usePoll({
    queryKey: ['sweeps', SHOWN],
    queryFn: ({ signal }) => getSweeps(SHOWN, signal),
    enabled,
  });
  const sweeps = poll.data?.body.items.toReversed() ?? [];
  return (
    <section aria-labelledby="sweeps" className="card flex flex-col p-4">
      <div className="flex min-h-8 items-center justify-between">
        <h2 id="sweeps" className="font-semibold">
          Last {SHOWN} sweeps
        </h2>
        <Link to="/sweeps" className="link text-sm">
          All sweeps
        </Link>
      </div>
      <div className={poll.isError ? 'outdated' : ''}>
        <Bars sweeps={sweeps} />
      </div>
      {poll.isError && poll.data === undefined && <p className="text-sm text-soft">Not known.</p>}
      <ul aria-label="Legend" className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-soft">
        {LEGEND.map((result) => (
          <li key={result} className="flex items-center gap-1.5">
            <span aria-hidden="true" className="flex h-4 w-2.5 items-end">
              <span className={`bar ${BARS[result]}`} />
            </span>
            {RESULT_WORDS[result]}
          </li>
        ))}
      </ul>
      <DayLine enabled={enabled} />
    </section>
  );
}

/** One stop for the tab key; the arrows go from sweep to sweep. */
function Bars({ sweeps }: { readonly sweeps: readonly Sweep[] }) {
  const list = useRef<HTMLUListElement>(null);
  const step = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    const links = [...(list.current?.querySelectorAll('a') ?? [])];
    const at = links.findIndex((link) => link.matches(':focus'));
    links[at + by]?.focus();
    event.preventDefault();
  };
  return (
    <ul ref={list} onKeyDown={step} className="mt-3 flex h-9 items-stretch gap-0.5">
      {/* A few sweeps look like the beginning of many, and not like something that could not be loaded. */}
      {Array.from({ length: SHOWN - sweeps.length }, (_, slot) => (
        // They are all the same and never change places.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <li key={slot} aria-hidden="true" className="flex max-w-4 min-w-0 flex-1 items-end">
          <span className="bar bar-none" />
        </li>
      ))}
      {sweeps.map((sweep, index) => (
        <li key={sweep.id} className="max-w-4 min-w-0 flex-1">
          <Bar sweep={sweep} reachable={index === sweeps.length - 1} />
        </li>
      ))}
    </ul>
  );
}

function Bar({ sweep, reachable }: { readonly sweep: Sweep; readonly reachable: boolean }) {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const outcomes = outcomesOf(sweep).map(({ outcome, count }) => `${OUTCOME_WORDS[outcome]} ${count}`);
  const what = [RESULT_WORDS[sweep.result], ...outcomes].join(', ');
  const words = `${moment(sweep.requestedAt, zone, serverNowMs)}: ${what}`;
  return (
    <Link
      to="/sweeps/$sweepId"
      params={{ sweepId: sweep.id }}
      tabIndex={reachable ? 0 : -1}
      aria-label={words}
      title={words}
      className="flex h-full items-end hover:opacity-70"
    >
      <span className={`bar ${BARS[sweep.result]}`} />
    </Link>
  );
}
