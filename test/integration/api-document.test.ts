import { beforeAll, describe, expect, it } from 'vitest';
import { PROBLEMS } from '../../server/api/problem.ts';
import { type Api, createApi, documentedCodes, type OpenApi, type Operation } from '../support/api.ts';
import { createWorld } from '../support/world.ts';

let api: Api;
let document: OpenApi;
let operations: { method: string; path: string; operation: Operation }[];
beforeAll(async () => {
  const world = await createWorld();
  api = await createApi(world);
  document = (await api.call<OpenApi>('/api/openapi.json')).body;
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  return async () => {
    await api.close();
    await world.close();
  };
});

function methodOf(name: string): 'GET' | 'POST' | 'PUT' | 'DELETE' {
  const found = (['GET', 'POST', 'PUT', 'DELETE'] as const).find((method) => method.toLowerCase() === name);
  if (found === undefined) throw new Error(`no call of ours is a ${name}`);
  return found;
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and says what it is about', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Orphan Sweeper', version: '0.1.0' } });
    expect(Object.keys(document).filter((key) => !['openapi', 'info', 'components', 'paths'].includes(key))).toEqual(
      [],
    );
  });

  it('has every call, and no other', () => {
    expect(operations.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'delete /api/orphans/{workspaceId}/hold',
      'delete /api/pause',
      'delete /api/sweeps/{id}',
      'delete /api/tokens/{id}',
      'get /api/audit',
      'get /api/config',
      'get /api/history',
      'get /api/notifications',
      'get /api/openapi.json',
      'get /api/orphans',
      'get /api/orphans.csv',
      'get /api/orphans.json',
      'get /api/orphans/{workspaceId}',
      'get /api/orphans/{workspaceId}/attempts',
      'get /api/orphans/{workspaceId}/instance',
      'get /api/status',
      'get /api/sweeps',
      'get /api/sweeps/{id}',
      'get /api/sweeps/{id}/attempts',
      'get /api/sweeps/{id}/attempts.csv',
      'get /api/tokens',
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'post /api/brake/release',
      'post /api/notifications/test',
      'post /api/orphans/{workspaceId}/acknowledge',
      'post /api/sweeps',
      'post /api/tokens',
      'put /api/orphans/{workspaceId}/hold',
      'put /api/pause',
    ]);
    for (const { method, path } of operations) {
      const url = path.replace(/\{(\w+)\}/g, ':$1');
      expect(api.app.hasRoute({ method: methodOf(method), url }), `${method} ${url}`).toBe(true);
    }
  });

  it('is well formed: every reference leads somewhere, every placeholder is a parameter, every answer is described', () => {
    expect(JSON.stringify(document)).not.toContain('"$ref"');
    for (const { path, operation } of operations) {
      expect(operation.summary, path).toMatch(/\w{4}/);
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(placeholders);
      for (const parameter of operation.parameters ?? []) {
        expect(parameter).toMatchObject({ name: expect.any(String), schema: expect.any(Object) });
        expect(parameter.required ?? false).toBe(parameter.in === 'path');
      }
      const statuses = Object.keys(operation.responses);
      expect(statuses.filter((status) => /^2\d\d$/.test(status))).toHaveLength(1);
      for (const status of statuses) {
        const { description, content } = operation.responses[status] ?? {};
        expect(status).toMatch(/^[2-5]\d\d$/);
        expect(description, `${path} ${status}`).not.toBe('');
        const text = path === '/metrics' ? 'text/plain' : 'application/json';
        const file = path.endsWith('.csv') ? 'text/csv' : text;
        const type = status.startsWith('2') ? file : 'application/problem+json';
        expect(Object.keys(content ?? {}), `${path} ${status}`).toEqual([type]);
      }
    }
  });

  it('says that a sweep needs no body', () => {
    const post = document.paths['/api/sweeps']?.['post'];
    expect(post?.requestBody).toMatchObject({ content: { 'application/json': { schema: { type: 'object' } } } });
    expect(post?.requestBody?.required ?? false).toBe(false);
  });

  it('has every code of every refusal under its own status, and none that there is not', () => {
    const documented = new Set<string>();
    for (const { path, operation } of operations) {
      for (const status of Object.keys(operation.responses).filter((one) => one >= '400')) {
        const codes = documentedCodes(operation, Number(status));
        expect(codes, `${path} ${status}`).not.toEqual([]);
        for (const code of codes) {
          documented.add(code);
          expect(Object.entries(PROBLEMS).find(([known]) => known === code)?.[1].status).toBe(Number(status));
        }
      }
    }
    expect([...documented].sort()).toEqual(Object.keys(PROBLEMS).sort());
  });
});
