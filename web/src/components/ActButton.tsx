import type { ComponentProps } from 'react';
import type { Role } from '../../../server/sweep/outcome.ts';
import { useWhyNot } from '../hooks/useWhyNot.ts';

interface ActButtonProps extends ComponentProps<'button'> {
  /** The least that one must be. */
  readonly needs: Role;
}

/**
 * Does something, for whoever may. Who may not sees it all the same; it can be reached, and says why not. `WhyNot` says
 * that where it is seen, once for all that stand together.
 */
export function ActButton({ needs, onClick, 'aria-disabled': disabled, ...rest }: ActButtonProps) {
  const why = useWhyNot(needs);
  return why === null ? (
    <button type="button" {...rest} aria-disabled={disabled} onClick={onClick} />
  ) : (
    <button type="button" {...rest} aria-disabled title={why} data-not-yours />
  );
}
