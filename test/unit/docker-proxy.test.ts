import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { SETTINGS } from '../../server/settings.ts';
import { read } from '../support/install-files.ts';

interface ComposeContainer {
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
}
interface Compose {
  readonly services: Readonly<Record<string, ComposeContainer>>;
  readonly networks?: Readonly<Record<string, { readonly internal: boolean }>>;
}

const base: Compose = parseYaml(read('compose.yaml'));
const beside: Compose = parseYaml(read('ops/docker-proxy/compose.yaml'));
const nginx = read('ops/docker-proxy/nginx.conf');
const port = /listen (\d+);/.exec(nginx)?.[1];

describe('the proxy before the Docker socket', () => {
  it('is the only one that has the socket', () => {
    const all = [...Object.entries(base.services), ...Object.entries(beside.services)];
    const withSocket = all.filter(([, { volumes = [] }]) => volumes.some((one) => one.includes('docker.sock')));
    expect(withSocket.map(([name]) => name)).toEqual(['docker-proxy']);
    expect(nginx).toContain('server unix:/var/run/docker.sock;');
  });

  it('can be reached by the sweeper, and by nobody else', () => {
    const { 'docker-proxy': proxy, sweeper } = beside.services;
    expect(beside.networks).toEqual({ engine: { internal: true } });
    expect(proxy?.networks).toEqual(['engine']);
    expect(proxy?.ports).toBeUndefined();
    const onIt = Object.entries({ ...base.services, ...beside.services }).filter(([, { networks = [] }]) =>
      networks.includes('engine'),
    );
    expect(onIt.map(([name]) => name).sort()).toEqual(['docker-proxy', 'sweeper']);
    // Else it would lose its own database.
    expect(sweeper?.networks).toContain('default');
  });

  it('listens where the sweeper is told to ask, in settings that there are', () => {
    expect(port).toBe('2375');
    const { environment = {} } = beside.services['sweeper'] ?? {};
    expect(environment).toEqual({ BACKEND: 'docker', DOCKER_HOST: `tcp://docker-proxy:${port}` });
    for (const name of Object.keys(environment)) expect(SETTINGS).toHaveProperty(name);
  });

  it('waits longer than a removal may take', () => {
    const waits = Number(/proxy_read_timeout (\d+)s;/.exec(nginx)?.[1]);
    expect(waits).toBeGreaterThan(SETTINGS.STOP_TIMEOUT_SECONDS.dockerDefault);
  });
});
