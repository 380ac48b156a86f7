import { databaseErrorOf } from '../db/connect.ts';

/** An error as a line of the log has it: nothing else of it is written, for libraries put connections and calls into it. */
export interface LoggedError {
  readonly type: string;
  readonly code?: string | number;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
  /** Of one that stands for several. */
  readonly errors?: readonly LoggedError[];
}

const DEEPEST = 6;
const MOST_ERRORS = 5;
const MOST_FRAMES = 15;
const LONGEST_MESSAGE = 2_000;

export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!isErrorLike(error)) return { type: typeof error, message: messageOfOther(error) };
  const { cause } = error;
  const errors = error instanceof AggregateError ? error.errors.slice(0, MOST_ERRORS) : [];
  const deeper = depth < DEEPEST;
  const type = error.constructor.name;
  const message = loggedMessage(error);
  return {
    type,
    ...('code' in error && isCode(error.code) ? { code: error.code } : {}),
    message,
    // Node puts the whole message on top of it.
    stack: [`${type}: ${message}`, ...framesOf(error.stack)].join('\n'),
    ...(deeper && cause !== undefined && cause !== null ? { cause: loggedError(cause, depth + 1) } : {}),
    ...(deeper && errors.length > 0 ? { errors: errors.map((one) => loggedError(one, depth + 1)) } : {}),
  };
}

/** Its message without what somebody has sent: parameters of a statement, a value that the server could not read, a body. */
export function loggedMessage(error: Error): string {
  return withoutData(error).slice(0, LONGEST_MESSAGE);
}

function withoutData(error: Error): string {
  // Also where it stands for its cause, whose message it repeats.
  const message = error.message.replace(/\nparams: .*$/s, '').replace(/".*"(?= is not valid JSON)/s, '"…"');
  // Class 22: data exceptions, which quote the data.
  return databaseErrorOf(error)?.code?.startsWith('22') ? message.replace(/: ".*$/s, ': "…"') : message;
}

/** Something thrown that is no error can be anything, a whole request too. */
function messageOfOther(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_MESSAGE) : 'Something was thrown that is no error';
}

/** Also those of other realms, of which `instanceof` knows nothing. */
function isErrorLike(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function isCode(code: unknown): code is string | number {
  return typeof code === 'string' || typeof code === 'number';
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? '')
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .slice(0, MOST_FRAMES);
}
