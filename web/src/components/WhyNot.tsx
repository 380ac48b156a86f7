import type { Role } from '../../../server/sweep/outcome.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { whyNotOf } from '../lib/may.ts';

interface WhyNotProps {
  /** What stands here needs, the most important first. */
  readonly needs: readonly Role[];
  readonly look?: string;
}

/** Why something beside it cannot be pressed by who looks at it; nothing where all of it can. */
export function WhyNot({ needs, look = '' }: WhyNotProps) {
  const { status } = useStatus();
  const why = needs.map((needed) => whyNotOf(status, needed)).find((sentence) => sentence !== null);
  return why === undefined ? null : (
    <p data-why-not className={`text-sm text-soft ${look}`}>
      {why}
    </p>
  );
}
