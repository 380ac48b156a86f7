/** What has been started, to be closed in reverse. */
export interface Closing {
  /** Also while it is closing: then this is closed, too. */
  add(close: () => Promise<void>): void;
  begun(): boolean;
  /** Goes on after an error, and throws the first at its end. Later calls wait for the first. */
  closeAll(): Promise<void>;
}

export function createClosing(): Closing {
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | null = null;

  const inReverse = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let close = closers.pop(); close !== undefined; close = closers.pop()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  };

  return {
    add: (close) => void closers.push(close),
    begun: () => closing !== null,
    closeAll: () => {
      closing ??= inReverse();
      return closing;
    },
  };
}
