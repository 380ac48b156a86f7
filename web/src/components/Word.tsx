import { type Mark, TONE_TEXT } from './icons.ts';

/** A word with its icon: told apart at a glance, and without colour. */
export function Word({
  mark,
  word,
  plain = false,
}: {
  readonly mark: Mark;
  readonly word: string;
  readonly plain?: boolean;
}) {
  const Icon = mark.icon;
  return (
    <span className={`inline-flex items-baseline gap-1.5 whitespace-nowrap ${plain ? '' : 'font-medium'}`}>
      <Icon
        aria-hidden="true"
        className={`size-4 shrink-0 self-center ${TONE_TEXT[mark.tone]} ${mark.turns === true ? 'motion-safe:animate-spin' : ''}`}
      />
      {word}
    </span>
  );
}
