interface SelectBoxProps {
  readonly label: string;
  readonly checked: boolean;
  /** Of several, and not all of them are. */
  readonly some?: boolean;
  readonly onChange: (checked: boolean) => void;
}

/** A checkbox as large as a thumb. */
export function SelectBox({ label, checked, some = false, onChange }: SelectBoxProps) {
  return (
    <label className="grid size-11 cursor-pointer place-items-center rounded-lg has-focus-visible:outline-2 has-focus-visible:-outline-offset-2 has-focus-visible:outline-accent">
      <input
        type="checkbox"
        aria-label={label}
        className="size-5 cursor-pointer accent-accent outline-none sm:size-4"
        checked={checked}
        ref={(box) => {
          if (box !== null) box.indeterminate = some;
        }}
        onChange={(event) => onChange(event.target.checked)}
      />
    </label>
  );
}
