import { useKeys } from '../hooks/useKeys.ts';

/** Single keys, on every page. */
export function Keys() {
  useKeys();
  return null;
}
