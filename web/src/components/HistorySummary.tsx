import type { Summary } from '../lib/samples-words.ts';

interface HistorySummaryProps {
  readonly summary: Summary;
  /** Of the sentence, for what it describes. */
  readonly id?: string;
}

/** What was, from the first to now, in a line; who listens hears a sentence instead of arrows. */
export function HistorySummary({ summary: { seen, spoken }, id }: HistorySummaryProps) {
  return (
    <>
      <span aria-hidden="true">{seen}</span>
      <span id={id} className="sr-only">
        {spoken}
      </span>
    </>
  );
}
