import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMeasures } from '../../server/api/measures.ts';
import { parseConfig } from '../../server/config.ts';
import { FAILURE_CLASSES, OPEN_STATES, OUTCOMES } from '../../server/sweep/outcome.ts';
import { expressionsOf } from '../support/dashboard.ts';

const OPS = join(fileURLToPath(new URL('../..', import.meta.url)), 'ops');
const read = (path: string): string => readFileSync(join(OPS, path), 'utf8');
const withoutComments = (text: string): string => text.replace(/^\s*#.*$/gm, '');

const rules = withoutComments(read('prometheus/orphan-sweeper.rules.yml'));
const tests = withoutComments(read('prometheus/orphan-sweeper.rules.test.yml'));
const dashboard = expressionsOf(read('grafana/orphan-sweeper.json'));
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name);

/** Every name that an expression may ask for. */
let known: Set<string>;
beforeAll(async () => {
  const measures = createMeasures(
    parseConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, () => ''),
    '0.1.0',
  );
  measures.measureProcess();
  const text = await measures.tell({ homeUp: false, watched: null }, null);
  known = new Set(
    [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
});

const metricsIn = (text: string): string[] => [
  ...new Set(text.match(/(?<![:\w])(sweeper|process|nodejs)_\w+(?![:\w])/g) ?? []),
];

describe('what is asked of Prometheus', () => {
  it.each([
    ['the rules', [...rules.matchAll(/expr: (.*(?:\n {10,}.*)*)/g)].map(([, text = '']) => text).join('\n')],
    ['their tests', [...tests.matchAll(/series: (.*)/g)].map(([, text = '']) => text).join('\n')],
    ['the dashboard', dashboard.join('\n')],
  ])('is on /metrics, in %s', (_what, text) => {
    const asked = metricsIn(text);
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('has labels of ours with values that there are', () => {
    const values: Readonly<Record<string, readonly string[]>> = {
      state: OPEN_STATES,
      outcome: OUTCOMES,
      class: [...FAILURE_CLASSES, 'none'],
    };
    const asked = [...`${rules}\n${tests}\n${dashboard.join('\n')}`.matchAll(/\b(state|outcome|class)!?=~?"([^"]*)"/g)];
    expect(asked.length).toBeGreaterThan(3);
    for (const [, label = '', options = ''] of asked) {
      for (const option of options.split('|')) expect(values[label], `${label}="${option}"`).toContain(option);
    }
  });

  it('leaves nothing out that was made for it', () => {
    const asked = metricsIn(`${rules}\n${dashboard.join('\n')}`).map((name) => name.replace(/_bucket$/, ''));
    const ours = [...known].filter((name) => name.startsWith('sweeper_') && !/_(sum|count)$/.test(name));
    expect(ours.map((name) => name.replace(/_bucket$/, '')).filter((name) => !asked.includes(name))).toEqual([]);
  });
});

describe('an alert', () => {
  it('is there for each thing that needs somebody, silence first', () => {
    expect(alerts.slice(0, 2)).toEqual(['OrphanSweeperSilent', 'OrphanSweeperAbsent']);
    expect(new Set(alerts).size).toBe(alerts.length);
    expect(alerts.length).toBeGreaterThanOrEqual(12);
  });

  it.each(alerts)('%s says how bad it is, what it is, and where to read on', (alert) => {
    const [, rest = ''] = rules.split(`- alert: ${alert}\n`);
    const [rule = ''] = rest.split(/^ {6}- /m);
    expect(rule).toMatch(/severity: (critical|warning|info)$/m);
    for (const annotation of ['summary', 'description'])
      expect(rule).toMatch(new RegExp(`${annotation}: ['"].{20,}['"]$`, 'm'));
    expect(rule).toMatch(/runbook_url: https:\/\/runbooks\.example\.com\/orphan-sweeper#[a-z-]+$/m);
  });

  it.each(alerts)('%s is tested: it fires, and it resolves', (alert) => {
    const cases = tests.split(/^ {6}- /m).filter((one) => new RegExp(`alertname: ${alert}\\b`).test(one));
    const quiet = cases.filter((one) => /exp_alerts: \[\]/.test(one));
    expect(cases.length - quiet.length, 'fires').toBeGreaterThan(0);
    expect(quiet.length, 'does not').toBeGreaterThan(0);
    // In some scenario it is quiet after it has fired.
    const resolves = tests.split(/^ {2}- name: /m).some((scenario) => {
      const inIt = scenario.split(/^ {6}- /m).filter((one) => one.includes(`alertname: ${alert}`));
      const firedAt = inIt.findIndex((one) => !/exp_alerts: \[\]/.test(one));
      return firedAt >= 0 && inIt.slice(firedAt).some((one) => /exp_alerts: \[\]/.test(one));
    });
    expect(resolves, 'resolves').toBe(true);
  });
});

describe('the dashboard', () => {
  it('asks something in every panel, and only of the tenants that were chosen', () => {
    expect(dashboard.length).toBeGreaterThan(20);
    for (const expression of dashboard) {
      expect(expression).toMatch(/\$tenant\b/);
      expect(expression).toMatch(/\$environment\b/);
    }
  });
});
