import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDocker } from '../../server/backends/docker.ts';
import { createDockerEngine, type DockerEngine } from '../../server/backends/docker-engine.ts';
import { type DockerHost, dockerLine } from '../../server/backends/docker-host.ts';
import { request } from '../support/backend-rigs.ts';

const ID = 'ab'.repeat(32);
const TLS = fileURLToPath(new URL('../support/tls', import.meta.url));
const pem = (name: string): string => readFileSync(join(TLS, `${name}.pem`), 'utf8');
const hostOf = (change: Partial<DockerHost>): DockerHost => ({
  ...{ host: null, tlsVerify: false, certPath: null, homeFolder: '/home/me' },
  readFile: (path) => `what is in ${path}`,
  ...change,
});

let folder: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** Writes down what comes off the wire, byte for byte, and answers by the first line of each request. */
async function listen(reply: (line: string) => string): Promise<{ socket: string; heard: string[] }> {
  const heard: string[] = [];
  const server: Server = createServer((connection) => {
    connection.on('error', () => connection.destroy());
    connection.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      heard.push(text);
      connection.write(reply(text.split('\r\n', 1)[0] ?? ''));
    });
  });
  const socket = join(folder, 'docker.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return { socket, heard };
}

function answer(status: number, body: string, headers = ''): string {
  return `HTTP/1.1 ${status} Said\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function engineAt(host: Partial<DockerHost>): DockerEngine {
  const engine = createDockerEngine(dockerLine(hostOf(host)), '1.2.3');
  closing.push(() => engine.close());
  return engine;
}

const call = (path: string) => ({ method: 'GET', path, signal: AbortSignal.timeout(30_000) }) as const;

describe('where the Engine is', () => {
  it.each([
    [{}, 'unix:///var/run/docker.sock', 'http://docker', { socketPath: '/var/run/docker.sock' }],
    [
      { tlsVerify: true, certPath: '/c' },
      'unix:///var/run/docker.sock',
      'http://docker',
      { socketPath: '/var/run/docker.sock' },
    ],
    [
      { host: 'unix:///run/user/1000/docker.sock' },
      null,
      'http://docker',
      { socketPath: '/run/user/1000/docker.sock' },
    ],
    [{ host: 'tcp://engine' }, null, 'http://engine:2375', {}],
    [{ host: 'tcp://engine:80' }, null, 'http://engine:80', {}],
    [{ host: 'tcp://[::1]:2400/' }, null, 'http://[::1]:2400', {}],
  ])('%j', (change, place, origin, connect) => {
    const line = dockerLine(hostOf(change));
    expect(line).toEqual({ place: place ?? ('host' in change ? change.host : ''), origin, connect });
  });

  it.each([
    [{ host: 'tcp://engine', tlsVerify: true }, 'https://engine:2376', '/home/me/.docker', true],
    [{ host: 'tcp://engine:443', tlsVerify: true, certPath: '/certs' }, 'https://engine:443', '/certs', true],
    [{ host: 'tcp://engine', certPath: '/certs' }, 'https://engine:2376', '/certs', false],
  ])('%j is TLS', (change, origin, certificates, rejectUnauthorized) => {
    expect(dockerLine(hostOf(change))).toMatchObject({
      origin,
      connect: {
        ca: `what is in ${certificates}/ca.pem`,
        cert: `what is in ${certificates}/cert.pem`,
        key: `what is in ${certificates}/key.pem`,
        rejectUnauthorized,
      },
    });
  });

  it('a certificate that cannot be read is named, with its setting', () => {
    const readFile = (): string => {
      throw new Error('ENOENT: no such file or directory');
    };
    expect(() => dockerLine(hostOf({ host: 'tcp://engine', certPath: '/certs', readFile }))).toThrow(
      'DOCKER_CERT_PATH is "/certs", where ca.pem cannot be read (ENOENT: no such file or directory)',
    );
  });
});

describe('what is sent', () => {
  it('is byte for byte what the Engine API says', async () => {
    const { socket, heard } = await listen((line) =>
      line.startsWith('DELETE') ? answer(204, '') : answer(200, '[]', 'Api-Version: 1.41\r\n'),
    );
    const docker = createDocker(engineAt({ host: `unix://${socket}` }));
    await docker.list('managed', AbortSignal.timeout(30_000));
    const container = { kind: 'container', name: ID, createdAt: null } as const;
    const { steps, ...rest } = request();
    await docker.stop(
      { workspaceId: 'w', instanceId: ID },
      { ...rest, steps: { ...steps, left: async () => [container] } },
    );
    const head = (line: string) =>
      `${line} HTTP/1.1\r\nhost: docker\r\nconnection: keep-alive\r\nuser-agent: orphan-sweeper/1.2.3\r\n\r\n`;
    const filters = encodeURIComponent('{"name":["ws-"],"label":["molecule.platform.managed=true"]}');
    expect(heard).toEqual([
      head('GET /_ping'),
      head(`GET /v1.41/containers/json?all=true&filters=${filters}`),
      head(`DELETE /v1.41/containers/${ID}?force=true`),
    ]);
  });

  it.each([
    ['1.41', '/v1.41/x'],
    ['1.51', '/v1.51/x'],
    ['1.99', '/v1.51/x'],
    ['2.0', '/v1.51/x'],
    ['nonsense', '/v1.51/x'],
  ])('is in the newest version that both sides speak: an Engine of %s is asked for %s', async (version, path) => {
    const { socket, heard } = await listen(() => answer(200, '{}', `Api-Version: ${version}\r\n`));
    await engineAt({ host: `unix://${socket}` }).call(call('/x'));
    expect(heard[1]).toContain(`GET ${path} HTTP/1.1`);
  });

  it('asks for the version once, and again when the Engine did not like it', async () => {
    let refuses = false;
    const { socket, heard } = await listen((line) =>
      line.includes('_ping') || !refuses
        ? answer(200, '{}', `Api-Version: ${refuses ? '1.30' : '1.44'}\r\n`)
        : answer(line.includes('v1.30') ? 200 : 400, '{"message":"client version 1.44 is too new"}'),
    );
    const engine = engineAt({ host: `unix://${socket}` });
    await engine.call(call('/a'));
    await engine.call(call('/b'));
    refuses = true;
    expect(await engine.call(call('/c'))).toMatchObject({ status: 400 });
    expect(await engine.call(call('/d'))).toMatchObject({ status: 200 });
    expect(heard.map((text) => text.split(' ')[1])).toEqual([
      '/_ping',
      '/v1.44/a',
      '/v1.44/b',
      '/v1.44/c',
      '/_ping',
      '/v1.30/d',
    ]);
  });
});

describe('over TLS', () => {
  /** An Engine that lets in only who has a certificate of its own authority. */
  async function listenTls(): Promise<string> {
    const options = { key: pem('server-key'), cert: pem('server-cert'), ca: pem('ca'), requestCert: true };
    const server = createTlsServer({ ...options, rejectUnauthorized: true }, (_, response) => {
      response.setHeader('Api-Version', '1.44');
      response.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `tcp://127.0.0.1:${address.port}`;
  }

  function certificates(files: Readonly<Record<string, string>>): string {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  }
  const OWN = { 'cert.pem': pem('client-cert'), 'key.pem': pem('client-key') };
  const readFile = (path: string): string => readFileSync(path, 'utf8');

  it('is spoken with our own certificate, and theirs is verified', async () => {
    const host = await listenTls();
    const certPath = certificates({ ...OWN, 'ca.pem': pem('ca') });
    const engine = engineAt({ host, tlsVerify: true, certPath, readFile });
    expect(await engine.call(call('/containers/json'))).toEqual({ kind: 'answer', status: 200, body: [] });
  });

  it('an Engine of another authority is not believed', async () => {
    const host = await listenTls();
    const certPath = certificates({ ...OWN, 'ca.pem': pem('client-cert') });
    const engine = engineAt({ host, tlsVerify: true, certPath, readFile });
    expect(await engine.call(call('/x'))).toMatchObject({
      kind: 'no_answer',
      class: 'unreachable',
      message: expect.stringContaining('TLS certificate'),
    });
  });

  it('unless nobody asked for that: a folder of certificates alone is TLS without verification, as with Docker', async () => {
    const host = await listenTls();
    const certPath = certificates({ ...OWN, 'ca.pem': pem('client-cert') });
    const engine = engineAt({ host, tlsVerify: false, certPath, readFile });
    expect(await engine.call(call('/x'))).toMatchObject({ kind: 'answer', status: 200 });
  });
});
