import { useId } from 'react';

export interface ChoiceGroup {
  readonly label: string | null;
  readonly options: readonly (readonly [value: string, words: string])[];
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly groups: readonly ChoiceGroup[];
  readonly onChoose: (value: string) => void;
}

/** One of several, as the browser and the phone themselves let one choose. */
export function Choice({ label, value, groups, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="block text-xs font-medium text-soft">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChoose(event.target.value)}
        className="field mt-1 cursor-pointer truncate sm:text-sm"
      >
        {groups.map(({ label: group, options }) => {
          const all = options.map(([option, words]) => (
            <option key={option} value={option}>
              {words}
            </option>
          ));
          return group === null ? (
            all
          ) : (
            <optgroup key={group} label={group}>
              {all}
            </optgroup>
          );
        })}
      </select>
    </div>
  );
}
