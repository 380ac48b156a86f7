import type { KnownLate } from '../hooks/useLate.ts';

interface MissingPartProps extends Pick<KnownLate<unknown>, 'isBack' | 'again'> {
  readonly what: string;
  /** What there is instead. */
  readonly instead?: string;
}

/** A part of a page that did not come. The rest of the page goes on. */
export function MissingPart({ what, instead, isBack, again }: MissingPartProps) {
  return (
    <div role="alert" className="space-y-2 rounded-lg bg-bad-wash p-3 text-sm">
      <p>
        <strong>{what} could not be loaded.</strong>{' '}
        {isBack
          ? 'The server answers, but did not send it. If it has been upgraded meanwhile, the console must be reloaded.'
          : 'It comes by itself once the server answers.'}{' '}
        {instead}
      </p>
      <button type="button" className="button" onClick={() => void again()}>
        Try again
      </button>
    </div>
  );
}
