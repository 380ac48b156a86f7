import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import Type from 'typebox';
import Value from 'typebox/value';
import { EmbeddedError } from './embedded-error.ts';

const STARTED = Type.Object({ url: Type.String(), folder: Type.String(), directory: Type.String() });
export type StartedDatabase = Type.Static<typeof STARTED>;

/**
 * A throw-away database kept by a process of its own, which ends and leaves nothing when its standard input does: so
 * also when we are killed, and can clean up nothing ourselves.
 */
export interface DatabaseProcess {
  /** Resolves when the database can be used. */
  readonly started: Promise<StartedDatabase>;
  /** Also before it has started. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

/**
 * @param command a program and its arguments; it writes a line of JSON when its database has started
 * @param env ours unless told
 */
export function startDatabaseProcess(
  [program = '', ...args]: readonly string[],
  env?: Readonly<Record<string, string | undefined>>,
): DatabaseProcess {
  const child = spawn(program, args, {
    // A Ctrl-C in our terminal is for us; it is told by the end of its input, when we need it no more.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
    windowsHide: true,
    ...(env && { env }),
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  let hasStarted = false;
  const readStarted = async (): Promise<StartedDatabase> => {
    const firstLine = once(createInterface({ input: child.stdout }), 'line');
    const first: unknown = await Promise.race([firstLine, exited]);
    const line: unknown = Array.isArray(first) ? first[0] : null;
    if (typeof line !== 'string') throw new EmbeddedError('start_failed', 'The database did not start: see above.');
    hasStarted = true;
    return Value.Parse(STARTED, JSON.parse(line));
  };
  return {
    started: readStarted(),
    async stop() {
      child.stdin.end();
      const code = await exited;
      if (code !== 0 && hasStarted) throw new EmbeddedError('stop_failed', 'The database did not stop: see above.');
    },
  };
}
