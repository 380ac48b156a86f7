import { useState } from 'react';

interface FoundProps {
  /** What was asked for. */
  readonly filter: string;
  /** What there is of it; null: nobody knows yet. */
  readonly words: string | null;
}

/** For those who listen: how many a filter has found, once after it was changed. What a poll changes is not said. */
export function Found({ filter, words }: FoundProps) {
  const [said, setSaid] = useState({ filter, words: '' });
  if (said.filter !== filter && words !== null) setSaid({ filter, words });
  return (
    <p role="status" className="sr-only">
      {said.words}
    </p>
  );
}
