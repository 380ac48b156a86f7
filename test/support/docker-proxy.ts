import { spawn } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './embedded-cases.ts';
import { freePort } from './proxy.ts';
import { until } from './until.ts';

const CONFIG = new URL('../../ops/docker-proxy/nginx.conf', import.meta.url);

/** A request as it has come to the Engine. */
export interface Heard {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface DockerProxy {
  readonly port: number;
  /** What has come through, oldest first. */
  readonly heard: Heard[];
}

/** The proxy that we recommend, before a socket on which somebody listens who says yes to everything. Ended with the test. */
export async function startDockerProxy(program: string): Promise<DockerProxy> {
  const folder = await temporaryFolder(0o755);
  const socket = join(folder, 'docker.sock');
  const heard: Heard[] = [];
  const engine = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      heard.push({ method: request.method ?? '', path: request.url ?? '', body });
      response.setHeader('api-version', '1.51');
      response.end('{"said":"yes"}');
    });
  });
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  await chmod(socket, 0o666);
  onTestFinished(async () => {
    engine.closeAllConnections();
    await new Promise((resolve) => engine.close(resolve));
  });
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, configWith(await readFile(CONFIG, 'utf8'), { folder, socket, port }));
  const child = spawn(program, ['-p', folder, '-c', config, '-g', 'daemon off; master_process off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const answers = async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 403;
  await until(answers, { timeoutMs: 60_000, what: 'nginx to answer' }).catch((cause: unknown) => {
    throw new Error(`nginx did not start:\n${lines.join('')}`, { cause });
  });
  return { port, heard };
}

/** As it stands, with what is of this machine in its places. */
function configWith(text: string, own: { folder: string; socket: string; port: number }): string {
  const changes: readonly (readonly [RegExp, string])[] = [
    [/listen 2375;/, `listen 127.0.0.1:${own.port};`],
    [/server unix:.*;/, `server unix:${own.socket};`],
    [/ \/tmp\//g, ` ${own.folder}/`],
  ];
  return changes.reduce((config, [what, by]) => {
    if (config.search(what) < 0) throw new Error(`the configuration has no ${what}`);
    return config.replace(what, by);
  }, text);
}
