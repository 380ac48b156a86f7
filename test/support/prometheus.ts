import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './embedded-cases.ts';
import { findInstalled } from './installed.ts';
import { freePort } from './proxy.ts';
import { until } from './until.ts';

export const RULES = fileURLToPath(new URL('../../ops/prometheus/orphan-sweeper.rules.yml', import.meta.url));
export const RULES_TEST = fileURLToPath(new URL('../../ops/prometheus/orphan-sweeper.rules.test.yml', import.meta.url));

/** One series of an answer, at one moment. */
export interface Found {
  readonly metric: Readonly<Record<string, string>>;
  /** When, in Unix seconds, and what. */
  readonly value: readonly [number, string];
}

export interface Rule {
  readonly name: string;
  readonly health: string;
  readonly lastError?: string;
  readonly state?: string;
}

/** A real Prometheus on loopback, which scrapes one server every two seconds and has our rules. Ended with the test. */
export interface Prometheus {
  /** @throws where it refuses the expression, in its own words */
  query(expression: string): Promise<Found[]>;
  targets(): Promise<{ readonly health: string; readonly lastError: string }[]>;
  rules(): Promise<Rule[]>;
}

type Skip = (note: string) => never;
export const findPrometheus = (skip: Skip): string => findInstalled('prometheus', 'prometheus', skip);
export const findPromtool = (skip: Skip): string => findInstalled('promtool', 'prometheus', skip);

/** @param target where it scrapes: `http://host:port` */
export async function startPrometheus(program: string, target: string): Promise<Prometheus> {
  const folder = await temporaryFolder(0o700);
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  await writeFile(
    config,
    [
      'global: { scrape_interval: 2s, scrape_timeout: 2s, evaluation_interval: 1s }',
      `rule_files: ['${RULES}']`,
      'scrape_configs:',
      '  - job_name: orphan-sweeper',
      `    static_configs: [{ targets: ['${new URL(target).host}'] }]`,
      '',
    ].join('\n'),
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { cwd: folder, env: {}, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const lines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });

  const ask = async <Data>(path: string): Promise<Data> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    const answer: { status: string; data: Data; error?: string } = JSON.parse(await response.text());
    if (answer.status !== 'success') throw new Error(answer.error);
    return answer.data;
  };
  const ready = async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
  await until(ready, { timeoutMs: 60_000, what: 'Prometheus to be ready' }).catch((cause: unknown) => {
    throw new Error(`Prometheus did not start:\n${lines.join('')}`, { cause });
  });
  return {
    query: async (expression) =>
      (await ask<{ result: Found[] }>(`/api/v1/query?query=${encodeURIComponent(expression)}`)).result,
    targets: async () =>
      (await ask<{ activeTargets: { health: string; lastError: string }[] }>('/api/v1/targets')).activeTargets,
    rules: async () =>
      (await ask<{ groups: { rules: Rule[] }[] }>('/api/v1/rules')).groups.flatMap((group) => group.rules),
  };
}
