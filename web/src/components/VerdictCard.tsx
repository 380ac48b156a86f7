import { CirclePause, type LucideIcon, OctagonX } from 'lucide-react';
import { STUCK_AFTER_MS, STUCK_FAILURES } from '../../../server/sweep/outcome.ts';
import { useVerdict } from '../hooks/useVerdict.ts';
import { number } from '../lib/count.ts';
import { duration } from '../lib/duration.ts';
import type { Tone, VerdictKind } from '../lib/verdict.ts';
import { TONE_ICONS, TONE_TEXT } from './icons.ts';
import { VerdictActions } from './VerdictActions.tsx';

/** Where the tone alone would show another thing. */
const ICONS: Readonly<Partial<Record<VerdictKind, LucideIcon>>> = { paused: CirclePause, brake: OctagonX };

const WASH: Readonly<Record<Tone, string>> = {
  bad: 'bg-bad-wash border-bad',
  warn: 'bg-warn-wash border-warn',
  info: 'bg-info-wash border-info',
  ok: 'bg-ok-wash border-ok',
  unknown: 'bg-unknown-wash border-unknown',
};

/** The sentence that answers whether it needs somebody, and the one thing to press. */
export function VerdictCard() {
  const verdict = useVerdict();
  const Icon = ICONS[verdict.kind] ?? TONE_ICONS[verdict.tone];
  return (
    <section
      aria-label="Verdict"
      data-verdict={verdict.kind}
      className={`min-h-28 rounded-[10px] border border-l-[6px] p-3 sm:p-5 ${WASH[verdict.tone]}`}
    >
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3">
        <div className="min-w-0 flex-1 basis-96">
          <h1 className="flex items-start gap-2.5 text-lg leading-snug font-semibold sm:text-2xl">
            <Icon aria-hidden="true" className={`mt-px size-6 shrink-0 sm:mt-1 ${TONE_TEXT[verdict.tone]}`} />
            <Headline text={verdict.headline} />
          </h1>
          {verdict.detail !== null && <p className="mt-1.5 ml-8.5 break-words">{verdict.detail}</p>}
          {verdict.kind === 'stuck' && (
            <p className="mt-1 ml-8.5 text-sm text-soft">
              Stuck: {number(STUCK_FAILURES)} failures of its own, {duration(STUCK_AFTER_MS)} of failing, or only you
              can judge.
            </p>
          )}
        </div>
        <VerdictActions verdict={verdict} />
      </div>
    </section>
  );
}

/** The first sentence is read from afar, the rest from near. */
function Headline({ text }: { readonly text: string }) {
  const [first = text, ...rest] = text.split(/(?<=\.) /);
  return (
    <span className="min-w-0 break-words">
      {first}
      {rest.length > 0 && <span className="block text-base font-normal">{rest.join(' ')}</span>}
    </span>
  );
}
