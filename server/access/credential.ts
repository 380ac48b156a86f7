import { createHash, randomBytes } from 'node:crypto';

/** What a browser or a script shows to be let in: 256 bits that nobody can guess, so a plain hash of it can be kept. */
const BYTES = 32;
/** So that whoever finds one in a file knows what it is, and no other program's token is taken for ours. */
const TOKEN_PREFIX = 'sweeper_';

export function newSessionSecret(): string {
  return randomBytes(BYTES).toString('base64url');
}

export function newToken(): string {
  return `${TOKEN_PREFIX}${randomBytes(BYTES).toString('base64url')}`;
}

/** Whether it has the form of one of ours; whether it is one, only the home database knows. */
export function isTokenLike(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX);
}

/** SHA-256 in hex: what is kept of it. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
