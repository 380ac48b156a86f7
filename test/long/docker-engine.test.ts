import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { engineOfFile, findEngine, startEngine } from '../support/docker-engine.ts';
import { callEngine } from '../support/engine-calls.ts';
import { until } from '../support/until.ts';

const engine = engineOfFile();

it('runs containers with names, labels and volumes, and removes them', async () => {
  const labels = { 'a.label': 'true' };
  const id = await engine().run({ name: 'ws-one', labels, volumes: [{ name: 'one-data', target: '/data' }] });
  const still = await engine().run({ name: 'ws-two', start: false });
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(await engine().inspect(id)).toEqual({ id, name: 'ws-one', state: 'running' });
  expect(await engine().containers()).toEqual(
    expect.arrayContaining([
      { id, names: ['ws-one'], state: 'running', labels },
      { id: still, names: ['ws-two'], state: 'created', labels: {} },
    ]),
  );
  expect(await engine().volumes()).toEqual([{ name: 'one-data', createdAt: expect.stringMatching(/^\d{4}-/) }]);
  await engine().stop(id);
  expect(await engine().inspect(id)).toMatchObject({ state: 'exited' });
  await engine().remove(id);
  expect(await engine().inspect(id)).toBeNull();
  expect(await engine().volumes()).toHaveLength(1);
});

it('is empty for the next test', async () => {
  expect(await engine().containers()).toEqual([]);
  expect(await engine().volumes()).toEqual([]);
});

it('keeps its containers while it is down, and a policy revives only those that have one', async () => {
  const [kept, revived] = [
    await engine().run({ name: 'ws-kept' }),
    await engine().run({ name: 'ws-revived', restart: 'always' }),
  ];
  await engine().down();
  await expect(engine().containers()).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  await engine().up();
  expect(await engine().inspect(kept)).toMatchObject({ state: 'exited' });
  const running = async () => (await engine().inspect(revived))?.state === 'running';
  await until(running, { what: 'the container to be revived', timeoutMs: 30_000 });
  await engine().restart();
  expect((await engine().containers()).map(({ id }) => id).sort()).toEqual([kept, revived].sort());
});

it('answers nothing while it is frozen, and all of it afterwards', async () => {
  engine().freeze();
  const asked = callEngine(engine().socket, { method: 'GET', path: '/_ping' });
  const early = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 1000, 'nothing'))]);
  expect(early).toBe('nothing');
  engine().thaw();
  expect(await asked).toMatchObject({ status: 200, text: 'OK' });
});

it('leaves nothing behind when it is closed', async ({ skip }) => {
  const other = await startEngine(findEngine(skip));
  const folder = dirname(other.socket);
  try {
    await other.run({ name: 'ws-left', restart: 'always', volumes: [{ name: 'left', target: '/left' }] });
    expect(await engine().containers()).toEqual([]);
  } finally {
    await other.close();
  }
  expect(existsSync(folder)).toBe(false);
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(folder);
});
