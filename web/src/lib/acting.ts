import type { Status } from '../../../server/api/status.ts';

/** Who acts: whoever has signed in; where nobody has to, somebody by their own account. */
export interface Acting {
  /** Whose name is proved; null: nobody has to sign in. */
  readonly signedIn: string | null;
  /** What a change says of itself; null: nothing, for nobody has said, or the server knows. */
  readonly actor: string | null;
}

/** @param said the name that was given in this browser */
export function actingOf(status: Pick<Status, 'you'> | null, said: string | null): Acting {
  const signedIn = status === null || status.you.proof === 'open' ? null : status.you.name;
  return { signedIn, actor: signedIn === null ? said : null };
}
