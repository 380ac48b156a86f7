interface ReasonFieldProps {
  readonly value: string;
  readonly onType: (reason: string) => void;
  /** What it might be. */
  readonly example: string;
}

const MOST_CHARACTERS = 500;

export function ReasonField({ value, onType, example }: ReasonFieldProps) {
  return (
    <label className="block text-sm font-medium">
      Reason
      <input
        className="field mt-1 font-normal"
        value={value}
        onChange={(event) => onType(event.target.value)}
        required
        pattern=".*\S.*"
        title="Not only spaces"
        maxLength={MOST_CHARACTERS}
        autoComplete="off"
        enterKeyHint="next"
        placeholder={example}
      />
    </label>
  );
}
