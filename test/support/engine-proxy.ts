import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** What becomes of a call: it is passed on, or its connection breaks, or it is answered as the Engine words it. */
export type CallFate = 'pass' | 'cut' | { readonly status: number; readonly message: string };

/** A way to a real Engine, for what it cannot be asked to do at a certain call. */
export interface EngineProxy {
  readonly host: string;
  /** Method and path of all calls so far. */
  readonly calls: readonly string[];
  /** Of the next call that matches, and of none after it. It waits for what is done meanwhile. */
  atNext(call: RegExp, decide: () => Promise<CallFate>): void;
}

interface Rule {
  readonly call: RegExp;
  readonly decide: () => Promise<CallFate>;
}

/** Closed when the test ends. */
export async function createEngineProxy(socketPath: string): Promise<EngineProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-way-'));
  const near = join(folder, 'proxy.sock');
  const rules: Rule[] = [];
  const calls: string[] = [];
  const failures: unknown[] = [];

  const fateOf = async (call: string): Promise<CallFate> => {
    const place = rules.findIndex((rule) => rule.call.test(call));
    const [rule] = place < 0 ? [] : rules.splice(place, 1);
    return rule === undefined ? 'pass' : rule.decide();
  };

  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/', headers } = incoming;
    calls.push(`${method} ${path}`);
    const settle = (fate: CallFate): void => {
      if (fate === 'cut') outgoing.destroy();
      else if (fate === 'pass') {
        const far = request({ socketPath, method, path, headers, agent: false }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.on('error', () => outgoing.destroy()).pipe(outgoing);
        });
        // An Engine that is away breaks the connection.
        far.on('error', () => outgoing.destroy());
        // An Engine does what it has begun, also when the caller has given up; the program's calls have no body.
        far.end();
      } else answerAsEngine(outgoing, fate);
    };
    fateOf(`${method} ${path}`).then(settle, (error: unknown) => {
      failures.push(error);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(near, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
    if (failures.length > 0) throw new AggregateError(failures, 'what was to be done at a call went wrong');
  });
  return { host: `unix://${near}`, calls, atNext: (call, decide) => void rules.push({ call, decide }) };
}

function answerAsEngine(outgoing: ServerResponse, { status, message }: { status: number; message: string }): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(`${JSON.stringify({ message })}\n`);
}
