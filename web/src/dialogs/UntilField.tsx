import { Until } from '../components/When.tsx';
import { useDisplay } from '../hooks/useDisplay.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { LONGEST_MS, typedOf, UNTIL_CHOICES, type UntilChoice, untilOf } from '../lib/until.ts';

export interface Chosen {
  readonly choice: UntilChoice;
  readonly typed: string;
}

const LABELS: Readonly<Record<UntilChoice, string>> = {
  '1h': '1 h',
  '4h': '4 h',
  tomorrow: 'Tomorrow 09:00',
  at: 'A time…',
};

/** Until when: short by choice, since whatever is forgotten ends by itself. */
export function UntilField({
  value,
  onChoose,
}: {
  readonly value: Chosen;
  readonly onChoose: (value: Chosen) => void;
}) {
  const { serverNowMs } = useStatus();
  const { zone } = useDisplay();
  const until = untilOf(value.choice, value.typed, zone, serverNowMs);
  const minuteMs = Math.ceil(serverNowMs / 60_000) * 60_000;
  return (
    <fieldset className="text-sm">
      <legend className="mb-1 font-medium">Until</legend>
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-[auto_auto_auto_auto]">
        {UNTIL_CHOICES.map((choice) => (
          <label
            key={choice}
            className="flex min-h-11 cursor-pointer items-center gap-2 rounded-lg border border-soft px-2.5 whitespace-nowrap has-checked:border-accent has-checked:bg-info-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="until"
              className="size-4 shrink-0 accent-accent outline-none"
              checked={value.choice === choice}
              onChange={() => onChoose({ ...value, choice })}
            />
            {LABELS[choice]}
            {choice === 'tomorrow' && zone === 'utc' && 'Z'}
          </label>
        ))}
      </div>
      {value.choice === 'at' && (
        <label className="mt-2 block font-medium">
          {zone === 'utc' ? 'Time, in UTC' : 'Time, in your own zone'}
          <input
            type="datetime-local"
            className="field mt-1 font-normal"
            value={value.typed}
            min={typedOf(minuteMs, zone)}
            max={typedOf(serverNowMs + LONGEST_MS, zone)}
            onChange={(event) => onChoose({ ...value, typed: event.target.value })}
            required
          />
        </label>
      )}
      <p className="mt-1 text-soft">
        {until === null ? 'Choose a time, 30 days from now at most.' : <Ends until={until} />}
      </p>
    </fieldset>
  );
}

function Ends({ until }: { readonly until: string }) {
  return (
    <>
      Ends by itself <Until time={until} />.
    </>
  );
}
