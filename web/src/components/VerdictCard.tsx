import { useVerdict } from '../hooks/useVerdict.ts';
import type { Tone } from '../lib/verdict.ts';
import { ActionButton } from './ActionButton.tsx';
import { TONE_ICONS, TONE_TEXT } from './icons.ts';
import { LastSweep } from './LastSweep.tsx';

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
  const Icon = TONE_ICONS[verdict.tone];
  const { primary, secondary } = verdict;
  return (
    <section
      aria-label="Verdict"
      data-verdict={verdict.kind}
      className={`min-h-28 rounded-[10px] border border-l-[6px] p-3 sm:p-5 ${WASH[verdict.tone]}`}
    >
      <div className="flex flex-wrap items-start justify-between gap-x-8 gap-y-3">
        <div className="min-w-0 flex-1 basis-96">
          <h1 className="flex items-start gap-2.5 text-lg leading-snug font-semibold sm:text-2xl">
            <Icon aria-hidden="true" className={`mt-1 size-6 shrink-0 ${TONE_TEXT[verdict.tone]}`} />
            <Headline text={verdict.headline} />
          </h1>
          {verdict.detail !== null && <p className="mt-1.5 ml-8.5 break-words">{verdict.detail}</p>}
          {verdict.kind === 'stuck' && (
            <p className="mt-1 ml-8.5 text-sm text-soft">
              Stuck: 5 failures of its own, or 30 min without success since the first.
            </p>
          )}
        </div>
        <div className="flex flex-col items-stretch gap-3 max-sm:w-full sm:items-end">
          <LastSweep />
          {/* On a phone the actions stand in a bar at the bottom. */}
          <div className="hidden gap-2 sm:flex">
            {secondary !== null && <ActionButton action={secondary} primary={false} />}
            {primary !== null && <ActionButton action={primary} primary />}
          </div>
        </div>
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
      {rest.length > 0 && <span className="text-base font-normal"> {rest.join(' ')}</span>}
    </span>
  );
}
