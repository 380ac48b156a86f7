import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../server/sweep/clock.ts';

/** Whose turn it is, in memory that both threads share: they can wait for each other without their event loops. */
const OURS = 0;
const THEIRS = 1;

/** Greets whoever connects; then waits for its turn, says one word more, and hands the turn back. */
const SPEAKER = `
  const { createServer } = require('node:net');
  const { parentPort, workerData: turn } = require('node:worker_threads');
  const server = createServer((socket) => {
    socket.on('error', () => undefined).write('hello');
    parentPort.once('message', () => {
      Atomics.wait(turn, 0, ${OURS});
      socket.write('meanwhile');
      Atomics.store(turn, 0, ${OURS});
      Atomics.notify(turn, 0);
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

it('a wait that a frozen process finds over ends after it has read what arrived meanwhile', async () => {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const speaker = new Worker(SPEAKER, { eval: true, workerData: turn });
  onTestFinished(async () => void (await speaker.terminate()));
  const [port]: number[] = await once(speaker, 'message');
  const socket = connect(port ?? 0, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'data');
  speaker.postMessage('go');

  const happened: string[] = [];
  socket.on('data', (data) => happened.push(String(data)));
  const over = systemClock.delay(1).then(() => happened.push('over'));
  // Nothing of this process runs until the word is there and the time is over.
  Atomics.store(turn, 0, THEIRS);
  Atomics.notify(turn, 0);
  Atomics.wait(turn, 0, THEIRS);
  Atomics.wait(turn, 0, OURS, 20);
  await over;
  expect(happened).toEqual(['meanwhile', 'over']);
});
