import { Link } from '@tanstack/react-router';
import { useSettingsAnswer } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type SetUpStep, setUpSteps } from '../lib/first-run.ts';
import { hasGap } from '../lib/gaps.ts';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';
import { SnippetBox } from './SnippetBox.tsx';

/** What has to be set, and the lines to copy for it. */
export function SetUp() {
  const { status } = useStatus();
  const { data, error } = useSettingsAnswer(status);
  if (status === null) return null;
  if (data === undefined) {
    return (
      <section aria-label="Set up" className="card p-4">
        {error === null ? <Loading rows={3} /> : <Failure what="The settings" error={error} />}
      </section>
    );
  }
  const steps = setUpSteps(status, data.body);
  if (steps.length === 0) return null;
  return (
    <section aria-labelledby="set-up" className="card p-4 sm:p-5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
        <h2 id="set-up" className="font-semibold">
          {steps.length === 1 ? 'Set up' : `Set up: ${steps.length} things are missing`}
        </h2>
        <Link to="/settings" className="link inline-flex min-h-11 items-center text-sm sm:min-h-8">
          All settings
        </Link>
        {steps.some(({ snippets }) => snippets.some(({ text }) => hasGap(text))) && (
          <p className="w-full text-sm text-soft">What is marked in the lines is to be filled in.</p>
        )}
      </div>
      <ol className="mt-4 space-y-5">
        {steps.map((step, index) => (
          <Step key={step.title} step={step} place={steps.length === 1 ? null : index + 1} />
        ))}
      </ol>
    </section>
  );
}

/** @param place among several */
function Step({ step, place }: { readonly step: SetUpStep; readonly place: number | null }) {
  const { title, said, words, snippets } = step;
  return (
    <li className="space-y-3 border-t border-line pt-4">
      <h3 className="font-medium">
        {place !== null && <span className="text-soft">{place} · </span>}
        {title}
      </h3>
      {said != null && <p className="max-w-prose text-sm break-words text-bad">{said}</p>}
      <p className="max-w-prose text-sm break-words">{words}</p>
      <div className={`grid gap-4 ${snippets.length > 1 ? 'lg:grid-cols-2' : ''}`}>
        {snippets.map((snippet) => (
          <SnippetBox key={snippet.text} snippet={snippet} />
        ))}
      </div>
    </li>
  );
}
