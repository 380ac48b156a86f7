import { useBackendKind } from '../hooks/useBackend.ts';
import { noWayBack } from '../lib/no-way-back.ts';

/** One sentence. */
export function NoWayBack() {
  return <>A {noWayBack(useBackendKind())}.</>;
}
