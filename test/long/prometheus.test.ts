import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { OPEN_STATES } from '../../server/sweep/outcome.ts';
import { expressionsOf } from '../support/dashboard.ts';
import { measured, readExposition } from '../support/exposition.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import {
  findPrometheus,
  findPromtool,
  type Prometheus,
  RULES,
  RULES_TEST,
  startPrometheus,
} from '../support/prometheus.ts';
import { createProxy } from '../support/proxy.ts';
import { until } from '../support/until.ts';
import { createWorld } from '../support/world.ts';

const PATIENCE = { timeoutMs: 120_000 };
const DASHBOARD = new URL('../../ops/grafana/orphan-sweeper.json', import.meta.url);

interface Told {
  readonly code: number | null;
  readonly text: string;
}

/** @param input what it reads from its standard input */
function promtool(program: string, args: readonly string[], input = ''): Promise<Told> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    const said: string[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => said.push(text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text: said.join('') }));
    child.stdin.end(input);
  });
}

describe('the rules', () => {
  it('are what Prometheus takes for rules', async ({ skip }) => {
    expect(await promtool(findPromtool(skip), ['check', 'rules', RULES])).toMatchObject({ code: 0 });
  });

  it('fire and resolve as they should, minute by minute', async ({ skip }) => {
    const { code, text } = await promtool(findPromtool(skip), ['test', 'rules', RULES_TEST]);
    expect(code, text).toBe(0);
  });
});

async function scrape(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.status).toBe(200);
  return response.text();
}

/** The value of the only series that an expression finds; undefined: none. */
async function one(prometheus: Prometheus, expression: string): Promise<number | undefined> {
  const found = await prometheus.query(expression);
  expect(found.length, expression).toBeLessThanOrEqual(1);
  return found[0] === undefined ? undefined : Number(found[0].value[1]);
}

describe('a real Prometheus and the real program', () => {
  it('knows what the program knows; what is not known any more ends, and comes back', async ({ skip }) => {
    const program = findPrometheus(skip);
    const linter = findPromtool(skip);
    const world = await createWorld();
    const [stuck] = await world.leakMany(4);
    world.controlPlane.fail(stuck?.instance_id ?? '', { kind: 'status', status: 403 });
    const home = new URL(world.home.url);
    const way = await createProxy({ host: home.hostname, port: Number(home.port) });
    await way.open();
    const through = new URL(world.home.url);
    through.host = `127.0.0.1:${way.port}`;
    const sweeper = await startProgram({
      ...settingsFor(world),
      DATABASE_URL: through.href,
      ENVIRONMENT_NAME: 'staging',
      // Nothing is swept but at boot: the numbers stand still.
      SWEEP_INTERVAL_SECONDS: '3600',
    });
    await sweeper.ready();
    const url = await sweeper.url();
    const ended = async () => (await world.sweeps()).some(({ result }) => result === 'partial');
    await until(ended, { ...PATIENCE, what: 'the first sweep to end' });

    const prometheus = await startPrometheus(program, url);
    const arrived = (expression: string, value: number | undefined) =>
      until(async () => (await one(prometheus, expression)) === value, {
        ...PATIENCE,
        what: `${expression} to be ${value}`,
      });
    const holds = (comparison: string) =>
      until(async () => (await one(prometheus, comparison)) !== undefined, { ...PATIENCE, what: comparison });
    await arrived('sweeper_orphans{state="retrying"}', 1);
    const scraped = async () => (await prometheus.targets()).map(({ health, lastError }) => `${health} ${lastError}`);
    await until(async () => (await scraped()).join() === 'up ', { ...PATIENCE, what: 'a scrape without a complaint' });
    const of = 'tenant="default", environment="staging", job="orphan-sweeper"';
    await arrived(`sum(sweeper_orphans{${of}})`, 1);
    await arrived(`sweeper_attempts_total{outcome="stopped", ${of}}`, 3);
    await arrived('sweeper_attempts_total{outcome="failed", class="forbidden"}', 1);
    await arrived('sum(sweeper_attempts_total)', 4);
    await arrived('sweeper_attempt_duration_seconds_count', 4);
    await holds('histogram_quantile(1, sweeper_attempt_duration_seconds_bucket) > 0');
    await holds('time() - sweeper_last_sweep_timestamp_seconds >= 0');
    await holds(`process_resident_memory_bytes{${of}} > 10000000`);
    const text = await scrape(url);
    for (const state of OPEN_STATES) {
      await arrived(`sweeper_orphans{state="${state}"}`, measured(readExposition(text), 'sweeper_orphans', { state }));
    }

    // Names and types as Prometheus wants them: of ours, for those of the process are the library's.
    const ours = text.split('\n').filter((line) => /^(# \w+ )?sweeper_/.test(line));
    expect(await promtool(linter, ['check', 'metrics'], `${ours.join('\n')}\n`)).toEqual({ code: 0, text: '' });

    for (const expression of expressionsOf(await readFile(DASHBOARD, 'utf8'))) {
      const asked = expression.replaceAll('$__rate_interval', '1m').replaceAll(/\$(tenant|environment)\b/g, '.*');
      await prometheus.query(asked);
    }
    const evaluated = async () => {
      const rules = await prometheus.rules();
      return rules.length > 0 && rules.every(({ health }) => health !== 'unknown') ? rules : null;
    };
    const rules = await until(evaluated, { ...PATIENCE, what: 'the rules to be evaluated' });
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    // Before the first scrape nothing was known, and an alert about that was on its way. The world's orphans are a day old.
    const alerted = async () =>
      (await prometheus.rules()).flatMap(({ name, state }) =>
        state === 'pending' || state === 'firing' ? [name] : [],
      );
    const onlyOld = async () => (await alerted()).join() === 'OrphanSweeperOldestOrphan';
    await until(onlyOld, { ...PATIENCE, what: 'nothing to be wrong but how old the orphan is' });
    await arrived('tenant:sweeper_patience:seconds', 5 * 3_600);

    // The home database goes: the process still answers, and what only the database knew has ended.
    await way.cut();
    await arrived('sweeper_home_database_up', 0);
    await arrived('sum(sweeper_orphans)', undefined);
    expect(await one(prometheus, 'sweeper_last_sweep_timestamp_seconds')).toBeUndefined();
    await arrived('up{job="orphan-sweeper"}', 1);
    await arrived('sweeper_attempts_total{outcome="stopped"}', 3);
    const noticed = async () => (await alerted()).includes('OrphanSweeperHomeDatabaseDown');
    await until(noticed, { ...PATIENCE, what: 'the alert to be on its way' });
    await way.open();
    await arrived('sweeper_home_database_up', 1);
    await arrived('sum(sweeper_orphans)', 1);

    // Being watched keeps no process from ending.
    sweeper.signal('SIGTERM');
    expect(await sweeper.exited).toEqual({ code: 0, signal: null });
    await arrived('up{job="orphan-sweeper"}', 0);
    await world.close();
  });
});
