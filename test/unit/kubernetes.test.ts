import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, parse as parseYaml } from 'yaml';
import { createMeasures } from '../../server/api/measures.ts';
import { buildApp } from '../../server/app.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { HOME, parse } from '../support/config.ts';
import { CLOSES_WITHIN_S, configOf, IMAGE, PORT, read } from '../support/install-files.ts';
import { nobodyTold } from '../support/notifying.ts';
import { recordLog } from '../support/recorded-log.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

describe('the Kubernetes manifest', () => {
  const documents = parseAllDocuments(read('ops/kubernetes/orphan-sweeper.yaml'));
  const named = (kind: string) => documents.map((one) => one.toJS()).find((one) => one.kind === kind);
  const deployment: {
    spec: {
      replicas: number;
      selector: { matchLabels: Record<string, string> };
      template: {
        metadata: { labels: Record<string, string> };
        spec: { terminationGracePeriodSeconds: number; containers: readonly Container[] };
      };
    };
  } = named('Deployment');
  const { template, selector, replicas } = deployment.spec;
  const container = template.spec.containers[0];
  const app = buildApp({
    config: parse({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }),
    version: '0.0.0',
    replica: 'test',
    startedAt: new Date(0),
    state: () => ({ home: null, error: null }),
    measures: createMeasures(parse(), '0.0.0'),
    ...recordLog(systemClock),
    notifier: nobodyTold(),
    webRoot: null,
  });
  beforeAll(async () => (await app).ready());
  afterAll(async () => (await app).close());

  test('is YAML without a mistake', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents.map((one) => one.toJS().kind)).toEqual(
      expect.arrayContaining(['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy']),
    );
  });

  test('has settings that are read and allowed, and begins with a dry run', () => {
    const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    expect(configOf({ ...named('ConfigMap').data, ...env })).toMatchObject({
      home: { url: HOME },
      backend: { sharedSecret: 'secret' },
      http: { host: '0.0.0.0' },
      sweep: { dryRun: true },
    });
  });

  test('mounts a file for each secret, which the sample Secret has', () => {
    const sample: { metadata: { name: string }; stringData: Record<string, string> } = parseYaml(
      read('ops/kubernetes/orphan-sweeper.secret.example.yaml'),
    );
    const files = (container?.env ?? []).filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value);
    const mount = container?.volumeMounts[0]?.mountPath;
    expect(files.sort()).toEqual(
      Object.keys(sample.stringData)
        .map((key) => `${mount}/${key}`)
        .sort(),
    );
    expect(sample.metadata.name).toBe('orphan-sweeper');
  });

  test('asks paths that are there', async () => {
    for (const [probe, path] of [
      [container?.startupProbe, '/healthz'],
      [container?.livenessProbe, '/healthz'],
      [container?.readinessProbe, '/readyz'],
    ] as const) {
      expect(probe?.httpGet).toEqual({ path, port: 'http' });
      expect((await app).hasRoute({ method: 'GET', url: path })).toBe(true);
    }
  });

  test('runs two of this version, reached under the port of the program, with time to end', () => {
    expect(replicas).toBe(2);
    expect(container?.image).toBe(IMAGE);
    expect(container?.ports).toEqual([{ name: 'http', containerPort: PORT }]);
    expect(named('Service').spec.ports).toEqual([{ name: 'http', port: PORT, targetPort: 'http' }]);
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan(CLOSES_WITHIN_S);
  });

  test('selects its own pods everywhere, and lets no other pod in while nobody signs in', () => {
    const labels = { 'app.kubernetes.io/name': 'orphan-sweeper' };
    expect(template.metadata.labels).toEqual(labels);
    expect(selector.matchLabels).toEqual(labels);
    expect(named('Service').spec.selector).toEqual(labels);
    expect(named('PodDisruptionBudget').spec).toEqual({ minAvailable: 1, selector: { matchLabels: labels } });
    expect(named('NetworkPolicy').spec).toEqual({
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress'],
      ingress: [],
    });
  });
});
