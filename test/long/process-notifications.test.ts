import { Webhook } from 'standardwebhooks';
import { beforeEach, describe, expect, it } from 'vitest';
import { SIGNING_SECRET } from '../support/notifying.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import { createProxy } from '../support/proxy.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { openStops, startReplicas } from '../support/replicas.ts';
import { gate } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const PATIENCE = { timeoutMs: 120_000 };

let world: World;
let receiver: Receiver;
beforeEach(async () => {
  world = await createWorld();
  receiver = await startReceiver();
  return () => world.close();
});

/** Silence is told after ten seconds, the shortest there is. */
const settings = () => ({
  ...settingsFor(world),
  NOTIFY_WEBHOOK_URL: `${receiver.url}/hook`,
  NOTIFY_WEBHOOK_SECRET: SIGNING_SECRET,
  SWEEP_INTERVAL_SECONDS: '1',
});

/** What is of us is believed, and nothing else. */
const told = () =>
  receiver.received.map(({ text, headers, body }) => {
    new Webhook(SIGNING_SECRET).verify(text, headers);
    return body['type'];
  });
const summaries = () => receiver.received.map(({ body }) => body['summary']);

describe('silence is told by real processes, and its end', () => {
  it('where the one that holds the lease is frozen in mid-sweep: the other tells of it, once', async () => {
    // Its lease outlives the test: nobody takes it over.
    const slow = { STOP_TIMEOUT_SECONDS: '299', SWEEP_DEADLINE_SECONDS: '300' };
    const replicas = await startReplicas(2, { ...settings(), ...slow });
    const swept = async () => (await world.sweeps()).some(({ result }) => result === 'nothing_to_do');
    await until(swept, { ...PATIENCE, what: 'a sweep to end' });
    const stop = gate();
    const leaked = await world.leak();
    world.controlPlane.onStop(leaked.instance_id ?? '', () => stop.opened);
    await until(() => openStops(world).length === 1, { ...PATIENCE, what: 'the Stop' });
    const holder = (await world.sweeps()).find(({ result }) => result === 'running')?.replica;
    const frozen = replicas.find(({ name }) => name === holder);
    if (frozen === undefined) throw new Error('nobody holds the lease');
    frozen.program.signal('SIGSTOP');
    // Nobody waits for five minutes: the last sweep that ended well did so an hour ago.
    await world.home.query(`
      update sweeper.sweeps set finished_at = finished_at - interval '1 hour';
      update sweeper.tenants set created_at = created_at - interval '1 hour'`);
    await until(() => receiver.received.length > 0, { ...PATIENCE, what: 'the message' });
    expect(told()).toEqual(['silence.opened']);
    expect(summaries()).toEqual([expect.stringContaining(`; the lease is held by ${holder}.`)]);

    frozen.program.signal('SIGCONT');
    stop.open();
    await until(() => receiver.received.length > 1, { ...PATIENCE, what: 'its end' });
    expect(told()).toEqual(['silence.opened', 'silence.ended']);
    const [opened, ended] = receiver.received.map(({ body }) => body['notificationId']);
    expect(ended).toBe(opened);
    expect(await world.orphan(leaked.id)).toMatchObject({ resolution: 'stopped' });
  });

  it('where the home database is away: the process tells of it from memory, and takes it back', async () => {
    const url = new URL(world.home.url);
    const proxy = await createProxy({ host: url.hostname, port: Number(url.port) });
    await proxy.open();
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    const program = await startProgram({ ...settings(), DATABASE_URL: url.href });
    await program.ready();
    await proxy.cut();
    await until(() => receiver.received.length > 0, { ...PATIENCE, what: 'the message' });
    expect(told()).toEqual(['silence.opened']);
    expect(summaries()).toEqual([expect.stringContaining('its home database cannot be asked')]);
    await proxy.open();
    await until(() => receiver.received.length > 1, { ...PATIENCE, what: 'its end' });
    expect(told()).toEqual(['silence.opened', 'silence.ended']);
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    expect(program.output()).not.toContain(SIGNING_SECRET.slice('whsec_'.length));
    expect(program.output()).not.toContain(`${receiver.url}/hook`);
  });

  it('where the home database was never there: also a process that has never been ready tells of it', async () => {
    await startProgram({ ...settings(), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' });
    await until(() => receiver.received.length > 0, { ...PATIENCE, what: 'the message' });
    expect(told()).toEqual(['silence.opened']);
  });
});
