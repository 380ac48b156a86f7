import { connect } from 'node:net';

/** A whole request is answered sooner; one that is none would wait for its rest. */
const SILENCE_MS = 1_000;

/**
 * Sends bytes that need be no HTTP and, when no answer comes, says that there is no more. Answers with what came back
 * until the other side hung up.
 */
export async function sendRaw(port: number, bytes: Buffer, patienceMs: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const answer: Buffer[] = [];
  let silent = false;
  socket.on('data', (chunk: Buffer) => answer.push(chunk));
  // A reset is one of the things that broken bytes may be answered with.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(SILENCE_MS, () => {
    silent = socket.writableEnded;
    if (silent) socket.destroy();
    else socket.setTimeout(patienceMs).end();
  });
  // Not `once` of node:events, which takes a reset for a failure of its own.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  await closed;
  if (silent) throw new Error(`neither an answer nor an end within ${patienceMs} ms`);
  return Buffer.concat(answer).toString('latin1');
}
