import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './embedded-cases.ts';
import { findInstalled } from './installed.ts';
import { freePort } from './proxy.ts';
import { until } from './until.ts';

const SITE = new URL('../../ops/nginx/orphan-sweeper.conf', import.meta.url);

export const findNginx = (skip: (note: string) => never): string => findInstalled('nginx', 'nginx-light', skip);

export interface NginxOptions {
  /** What it is in front of: `http://host:port`. */
  readonly target: string;
  /** The address that it comes from. */
  readonly from: string;
  readonly passwords: Readonly<Record<string, string>>;
}

/** A real nginx on loopback with the site that we recommend, but for TLS. Ended with the test. @returns its address */
export async function startNginx(program: string, { target, from, passwords }: NginxOptions): Promise<string> {
  const folder = await temporaryFolder(0o755);
  const port = await freePort();
  const [site, config, users] = ['site.conf', 'nginx.conf', 'users'].map((name) => join(folder, name));
  if (site === undefined || config === undefined || users === undefined) throw new Error('three names, three paths');
  await writeFile(
    users,
    Object.entries(passwords)
      .map(([name, password]) => `${name}:{PLAIN}${password}\n`)
      .join(''),
  );
  await writeFile(site, siteWith(await readFile(SITE, 'utf8'), port, target, from, users));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  await writeFile(
    config,
    [
      ...['daemon off;', 'master_process off;', `pid ${join(folder, 'pid')};`, 'error_log stderr;', 'events {}'],
      ...['http {', 'access_log off;', ...temporary, `include ${site};`, '}'],
      '',
    ].join('\n'),
  );
  const child = spawn(program, ['-p', folder, '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async () => (await fetch(url)).status === 401;
  await until(answers, { timeoutMs: 60_000, what: 'nginx to answer' }).catch((cause: unknown) => {
    throw new Error(`nginx did not start:\n${lines.join('')}`, { cause });
  });
  return url;
}

/** As it stands, with what is of this machine in its places. */
function siteWith(text: string, port: number, target: string, from: string, users: string): string {
  const changes: readonly (readonly [RegExp, string])[] = [
    [/listen 443 ssl;/, `listen 127.0.0.1:${port};`],
    [/ {2}ssl_certificate .*\n {2}ssl_certificate_key .*\n/, ''],
    [/auth_basic_user_file .*;/, `auth_basic_user_file ${users};`],
    [/proxy_pass .*;/, `proxy_pass ${target};\n    proxy_bind ${from};`],
  ];
  return changes.reduce((site, [what, by]) => {
    if (!what.test(site)) throw new Error(`the site has no ${what}`);
    return site.replace(what, by);
  }, text);
}
