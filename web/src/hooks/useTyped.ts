import { useEffect, useRef, useState } from 'react';

const PAUSE_MS = 300;

interface Draft {
  readonly text: string;
  /** What the address said when this was last looked at. */
  readonly settled: string;
  /** What was last asked for from here: when the address comes to say it, what is typed by then stays. */
  readonly asked: string | null;
}

interface Typed {
  readonly text: string;
  type(text: string): void;
  /** Does not wait for a pause. */
  settle(): void;
}

/** A text that is typed here and stands in the address: it goes there in each pause, and comes back from there. */
export function useTyped(settled: string, textOf: (typed: string) => string, ask: (text: string) => void): Typed {
  const [draft, setDraft] = useState<Draft>({ text: settled, settled, asked: null });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (draft.settled !== settled) {
    setDraft({ text: draft.asked === settled ? draft.text : settled, settled, asked: null });
  }
  // Who has gone elsewhere must not be brought back.
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = (typed: string): void => {
    clearTimeout(timer.current);
    const asked = textOf(typed);
    setDraft((now) => ({ ...now, asked }));
    ask(asked);
  };
  return {
    text: draft.text,
    type(text) {
      setDraft({ ...draft, text });
      clearTimeout(timer.current);
      timer.current = setTimeout(() => apply(text), PAUSE_MS);
    },
    settle: () => apply(draft.text),
  };
}
