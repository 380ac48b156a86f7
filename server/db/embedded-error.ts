/** Why there is no embedded database. Each comes with a message that says what to do. */
export type EmbeddedErrorCode =
  | 'unsupported_platform'
  | 'binaries_missing'
  | 'binaries_unusable'
  | 'unusable_user'
  | 'unusable_directory'
  | 'other_version'
  | 'in_use'
  | 'not_ours'
  | 'init_failed'
  | 'start_failed'
  | 'stop_failed';

export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The code of a Node or PostgreSQL error (`ENOENT`, `57P03`), if it has one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
