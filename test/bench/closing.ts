/** What has been started, to be closed in reverse. */
export interface Closing {
  add(close: () => Promise<void>): void;
  /** Goes on after an error, and throws the first at its end. Later calls wait for the first. */
  closeAll(): Promise<void>;
}

export function createClosing(): Closing {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | null = null;

  const inReverse = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (const close of closers.reverse()) await close().catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  };

  return {
    add: (close) => void closers.push(close),
    closeAll: () => {
      closing ??= inReverse();
      return closing;
    },
  };
}
