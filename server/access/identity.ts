import type { Role } from '../sweep/outcome.ts';

/** How somebody has proved who they are; `open`: nobody has to. */
export const PROOFS = ['open', 'header', 'oidc', 'token'] as const;
export type Proof = (typeof PROOFS)[number];

/** Who asks, and what they may. */
export interface Identity {
  /** 1 to 80 characters in one line; null under `open`: nobody has said. */
  readonly name: string | null;
  readonly role: Role;
  readonly proof: Proof;
}

/** Where nobody has to sign in, whoever reaches the server may do everything. */
export const ANYBODY: Identity = { name: null, role: 'admin', proof: 'open' };

/** Before it is known who asks. */
export const NOBODY: Identity = { name: null, role: 'viewer', proof: 'open' };

const MOST_NAME_CHARACTERS = 80;

/** A name from elsewhere, as it may stand in a line; null: nothing of it can. */
export function nameFrom(text: string): string | null {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line === '' ? null : line.slice(0, MOST_NAME_CHARACTERS);
}
