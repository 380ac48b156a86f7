import type { Line } from './connection.ts';

/** Why there is no answer that could be used. */
export type ApiFailure = 'not_answering' | 'signed_out' | 'refused' | 'not_json';

export interface FailedCall {
  readonly failure: ApiFailure;
  /** One sentence. */
  readonly message: string;
  /** The `code` of the refusal, if it was one. */
  readonly code: string | null;
  /** Where a browser signs in, where that was not done; null: not said. */
  readonly signIn: string | null;
}

/**
 * What a status that did not come says of the line to the server.
 *
 * @param call null: it failed by a fault of the console
 */
export function whyFailed(call: FailedCall | null): Pick<Line, 'signedOut' | 'signIn' | 'refusal'> {
  const why = { signedOut: false, signIn: null, refusal: null };
  if (call === null) return why;
  if (call.failure === 'signed_out') return { ...why, signedOut: true, signIn: call.signIn };
  // A fault of the server is no answer to anybody.
  const refuses = call.failure === 'refused' && call.code !== null && call.code !== 'internal_error';
  return refuses ? { ...why, refusal: call.message } : why;
}
