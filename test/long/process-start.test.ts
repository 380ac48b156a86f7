import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import type { Status } from '../../server/api/status.ts';
import { builtProject } from '../support/built-project.ts';
import { createRole } from '../support/database.ts';
import { findInstalled } from '../support/installed.ts';
import { type Program, settingsFor, startProgram } from '../support/process.ts';
import { portOf } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});

describe('a start', () => {
  it('with wrong settings ends with exit code 2, names every mistake, and does not even try to listen', async () => {
    const program = await startProgram({
      DATABASE_URL: 'mysql://db.example/x',
      CONTROL_PLANE_URL: 'ftp://cp.example',
      HOST: '0.0.0.0',
      // Taken: trying to listen would have ended it with exit code 1.
      PORT: String(await takenPort()),
      SWEEP_LIMIT: 'many',
      STOP_TIMEOUT_SECONDS: '0',
      SWEEP_INTERVALL_SECONDS: '5',
    });
    expect(await program.exited).toEqual({ code: 2, signal: null });
    const mistakes = program.output().split('\n');
    expect(mistakes[0]).toBe('There are 6 mistakes in the settings:');
    const names = ['DATABASE_URL', 'CONTROL_PLANE_URL', 'HOST', 'SWEEP_LIMIT', 'STOP_TIMEOUT_SECONDS'];
    for (const name of [...names, 'SWEEP_INTERVALL_SECONDS']) {
      expect(mistakes.filter((line) => line.startsWith(`- ${name} `))).toHaveLength(1);
    }
    expect(mistakes).toHaveLength(7);
  });

  it('on a port that is taken ends with exit code 1 and one sentence, before anything is swept', async () => {
    const leaked = await world.leak();
    const port = await takenPort();
    const program = await startProgram({ ...settingsFor(world), PORT: String(port) });
    expect(await program.exited).toEqual({ code: 1, signal: null });
    expect(program.output()).toBe(
      `Cannot listen on 127.0.0.1, port ${port}: another program listens there already. End it, or set PORT to another port.`,
    );
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    expect(await world.sweeps()).toEqual([]);
  });

  it('without a backend stops nothing and says so loudly; everything else works', async () => {
    const leaked = await world.leak();
    const { DATABASE_URL = '', PLATFORM_DATABASE_URL = '' } = settingsFor(world);
    const program = await startProgram({ DATABASE_URL, PLATFORM_DATABASE_URL, SWEEP_INTERVAL_SECONDS: '1' });
    await program.ready();
    const reason = 'no control plane is configured (set CONTROL_PLANE_URL and restart)';
    expect(program.log).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: `Nothing is being stopped: ${reason}` }),
    );
    const status = async () => (await program.call<Status>('/api/status')).body;
    expect((await status()).sweeper).toMatchObject({ state: 'disabled', reason });
    const { body } = await program.call<OrphanListAnswer>('/api/orphans');
    expect(body.items.map((item) => item.instanceId)).toEqual([leaked.instance_id]);
    expect(await program.call('/api/sweeps', { method: 'POST' })).toMatchObject({
      status: 409,
      body: { code: 'sweeper_disabled', detail: `Nothing is being stopped: ${reason}.` },
    });
    await until(async () => (await status()).sweeper.lastSweep, { what: 'the sweep at boot to be written' });
    expect((await status()).sweeper.lastSweep).toMatchObject({ result: 'skipped', trigger: 'boot' });
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    expect(await world.attempts()).toEqual([]);
    expect((await world.sweeps()).filter((sweep) => sweep.trigger === 'manual')).toEqual([]);
  });
});

describe('the log of a process', () => {
  it('is JSON lines, each with time, level, tenant and replica', async () => {
    const program = await startProgram({ ...settingsFor(world), TENANT: 'eu-1', LOG_LEVEL: 'debug' });
    await program.ready();
    await until(() => program.log.some(({ msg }) => msg === 'Request'), { what: 'a request to be logged' });
    program.signal('SIGTERM');
    expect(await program.exited).toEqual({ code: 0, signal: null });
    const lines = program.output().split('\n');
    expect(lines).toHaveLength(program.log.length);
    for (const line of program.log) {
      expect(line).toMatchObject({ level: expect.stringMatching(/^[a-z]+$/), tenant: 'eu-1' });
      expect(line).toMatchObject({
        time: expect.stringMatching(/Z$/),
        replica: expect.stringContaining(`-${program.pid}-`),
      });
    }
  });

  it('is readable on a terminal, without any JSON around it', async ({ skip }) => {
    const script = findInstalled('script', 'bsdutils', skip);
    const main = join(await builtProject(inject('runDirectory'), { console: false }), 'dist/server/main.js');
    const line = `${process.execPath} ${main}`;
    const env = { ...settingsFor(world), PORT: '0', NO_COLOR: '1', PATH: process.env['PATH'] };
    const child = spawn(script, ['-qfec', line, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'], env });
    const ended = once(child, 'close');
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await until(() => said.includes('Server listening at'), { what: 'it to listen', timeoutMs: 90_000 });
    child.kill('SIGTERM');
    await ended;
    expect(said).toMatch(/^\[\d\d:\d\d:\d\d\] INFO: Server listening at http:\S+\s*$/m);
    expect(said).not.toContain('{"level"');
  });
});

describe('credentials and passwords', () => {
  it('are in no log line and in no answer, when a control plane repeats them in its errors', async () => {
    const leaked = await world.leak();
    const { sharedSecret, adminToken } = world.credentials;
    const said = JSON.stringify({ error: `Bearer ${sharedSecret} with ${adminToken} is not welcome` });
    world.controlPlane.failAll({ kind: 'status', status: 403, body: said, on: 'stop' });
    const program = await startProgram({ ...settingsFor(world), LOG_LEVEL: 'debug' });
    await program.ready();
    await until(async () => (await world.attempts())[0]?.outcome, { what: 'the refused Stop' });
    const answers = await askEverything(program, leaked.id);
    expect(answers).toContain('is not welcome');
    expectNone(program.output() + answers, [sharedSecret, adminToken, ...passwordsOf(world.home.url)]);
  });

  it("are in no log line and in no answer, when the platform's password is wrong", async () => {
    const role = await createRole();
    const url = new URL(role.url(world.platformDatabase.url));
    const wrong = 'wr0ng/p@ss:word %41';
    url.password = encodeURIComponent(wrong);
    const program = await startProgram({
      ...settingsFor(world),
      PLATFORM_DATABASE_URL: url.href,
      LOG_LEVEL: 'debug',
      SWEEP_INTERVAL_SECONDS: '1',
    });
    await program.ready();
    const status = async () => (await program.call<Status>('/api/status')).body;
    await until(async () => (await status()).sweeper.lastSweep?.result === 'skipped', { what: 'a skipped sweep' });
    expect((await status()).platform).toMatchObject({
      state: 'failing',
      error: expect.stringMatching(/refuses the connection.*Set PLATFORM_DATABASE_URL/),
    });
    expect((await status()).counts).toBeNull();
    const answers = await askEverything(program, 'nobody');
    expectNone(program.output() + answers, [wrong, url.password, ...passwordsOf(world.home.url)]);
    await role.drop();
  });

  it('are in no log line and in no answer, when the home database is a socket that is not there', async () => {
    const secret = 's0cket-pa55word';
    const program = await startProgram({
      ...settingsFor(world),
      DATABASE_URL: `postgres://sweeper:${secret}@/home?host=/nowhere/at/all`,
      LOG_LEVEL: 'debug',
    });
    await until(() => program.output().includes('The home database is not ready'), { what: 'the first try' });
    const { home } = (await program.call<Status>('/api/status')).body;
    expect(home).toMatchObject({ state: 'failing', error: expect.stringContaining('/nowhere/at/all') });
    expectNone(program.output() + (await askEverything(program, 'nobody')), [secret]);
  });

  it('are in no line, when the server of the home database says them itself; and its refusals are one line and a number', async () => {
    const secret = 'we1rd/p@ss wörd';
    const address = `postgres://sweeper:${encodeURIComponent(secret)}@127.0.0.1:${await talkativePort(secret)}/x`;
    const program = await startProgram({ ...settingsFor(world), DATABASE_URL: address });
    const refused = 'The home database is not ready; trying again after a pause';
    await until(() => program.output().includes('[redacted] is wrong'), { what: 'the first refusal' });
    await until(() => tries >= 3, { what: 'two more' });
    program.signal('SIGTERM');
    expect((await program.exited).code).toBe(0);
    expectNone(program.output(), [secret, encodeURIComponent(secret)]);
    const said = program.log.flatMap(({ level, msg }) => (level === 'error' ? [msg] : []));
    expect(said).toEqual([refused, expect.stringMatching(/ \(\d more in \d+ s\)$/)]);
  });
});

async function askEverything(program: Program, workspaceId: string): Promise<string> {
  const paths = [
    '/healthz',
    '/readyz',
    '/api/status',
    '/api/config',
    '/api/openapi.json',
    '/api/orphans',
    '/api/sweeps',
  ];
  const orphan = `/api/orphans/${workspaceId}`;
  const answers = await Promise.all(
    [...paths, orphan, `${orphan}/attempts`, '/api/nothing'].map((path) => program.call(path)),
  );
  return answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join('\n');
}

function passwordsOf(url: string): string[] {
  const { password } = new URL(url);
  expect(password).not.toBe('');
  return [password, decodeURIComponent(password)];
}

function expectNone(text: string, secrets: readonly string[]): void {
  // Not as `expect(text).not.toContain`, whose message would show it all.
  expect(secrets.filter((secret) => secret === '' || text.includes(secret))).toEqual([]);
}

let tries = 0;

/** A server that refuses every connection, and says with which password it was tried. */
async function talkativePort(secret: string): Promise<number> {
  const fields = ['SFATAL', 'VFATAL', 'C28P01', `M${secret} is wrong, says postgres://sweeper:${secret}@db`, ''];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  const server = createTcpServer((socket) => {
    tries += 1;
    socket.on('error', () => undefined).once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, body])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return portOf(server.address());
}

async function takenPort(): Promise<number> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  return portOf(other.address());
}
