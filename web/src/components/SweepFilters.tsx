import { SWEEP_RESULTS, TRIGGERS } from '../../../server/sweep/outcome.ts';
import { type SweepSearch, sweepSearch } from '../lib/sweep-search.ts';
import { RESULT_WORDS, TRIGGER_WORDS } from '../lib/words.ts';
import { Choice, type ChoiceGroup } from './Choice.tsx';

interface SweepFiltersProps {
  readonly search: SweepSearch;
  readonly onChange: (search: SweepSearch) => void;
}

const REASONS: readonly ChoiceGroup[] = [
  {
    label: null,
    options: [['', 'Any reason'], ...TRIGGERS.map((trigger) => [trigger, TRIGGER_WORDS[trigger]] as const)],
  },
];
const RESULTS: readonly ChoiceGroup[] = [
  {
    label: null,
    options: [['', 'Any result'], ...SWEEP_RESULTS.map((result) => [result, RESULT_WORDS[result]] as const)],
  },
];

/** Which sweeps are listed. Another choice begins at its first page. */
export function SweepFilters({ search, onChange }: SweepFiltersProps) {
  const { after: _page, ...filter } = search;
  const change = (name: keyof SweepSearch, value: string | boolean): void =>
    onChange(sweepSearch({ ...filter, [name]: value }));
  return (
    <div className="flex flex-wrap items-end gap-x-4 gap-y-3">
      <div className="grid flex-1 grid-cols-2 gap-2 sm:max-w-md lg:gap-3">
        <Choice
          label="Why it ran"
          value={search.trigger ?? ''}
          groups={REASONS}
          onChoose={(value) => change('trigger', value)}
        />
        <Choice
          label="Result"
          value={search.result ?? ''}
          groups={RESULTS}
          onChoose={(value) => change('result', value)}
        />
      </div>
      {search.result === undefined && (
        <label className="flex min-h-11 cursor-pointer items-center gap-2 text-sm font-medium">
          <input
            type="checkbox"
            className="size-5 accent-accent"
            checked={search.quiet === true}
            onChange={({ target }) => change('quiet', target.checked)}
          />
          Show quiet sweeps one by one
        </label>
      )}
    </div>
  );
}
