// Loaded beside the program that is measured: answers with its memory after garbage was collected, so that the program
// needs no way of its own to be asked. Needs --expose-gc.
process.on('message', () => {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, rss } = process.memoryUsage();
  process.send({ heapUsed, rss });
});
// The benchmark was killed: nothing of it may stay behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel.unref();
