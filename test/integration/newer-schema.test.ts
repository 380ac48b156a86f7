import { readdirSync, readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import type { OrphanListAnswer } from '../../server/api/orphans.ts';
import { connect } from '../../server/db/connect.ts';
import { migrateHome } from '../../server/db/migrate.ts';
import { createApi } from '../support/api.ts';
import type { TestDatabase } from '../support/database.ts';
import { createWorld } from '../support/world.ts';

const MIGRATIONS = new URL('../../server/db/migrations/', import.meta.url);
const { version }: { version: string } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

/** What a next version may do to a schema on which this one is to run: everything that our migrations may. */
const NEXT = `
  create table sweeper.of_the_next_version (id uuid primary key, tenant text not null);
  alter table sweeper.orphans add column of_the_next_version text;
  alter table sweeper.attempts add column of_the_next_version integer not null default 7;
  alter table sweeper.sweeps add column of_the_next_version boolean not null default false;
  alter table sweeper.tenants add column of_the_next_version jsonb;
  alter table sweeper.audit add column of_the_next_version text;
  alter table sweeper.samples add column of_the_next_version integer;
  create index index_of_the_next_version on sweeper.orphans (of_the_next_version);
  drop index sweeper.orphans_name`;

async function migrateFurther(home: TestDatabase): Promise<void> {
  await home.query(NEXT);
  await home.query(
    `insert into sweeper.migrations (name, hash, created_at, oldest_version) values ('9999_next', 'x', 9e15::bigint, $1)`,
    [version],
  );
}

it('this version runs on the schema of the next: it looks, sweeps, holds and answers, and changes nothing of it', async () => {
  const world = await createWorld({ prepareHome: migrateFurther });
  onTestFinished(() => world.close());
  const own = connect(world.home.url, { max: 1, onError: () => undefined });
  expect(await migrateHome(own, version)).toEqual([]);
  await own.close();

  const [first, second] = await world.leakMany(2);
  expect((await world.sweep())?.end).toMatchObject({ result: 'cleared' });
  expect((await world.row(first?.id ?? ''))?.instance_id).toBeNull();
  const left = await world.leak();
  await world.observe();
  const api = await createApi(world);
  onTestFinished(() => api.close());
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const payload = { actor: 'Anna', reason: 'a test', until };
  expect((await api.call({ method: 'PUT', url: `/api/orphans/${left.id}/hold`, payload })).status).toBe(200);
  expect((await api.call({ method: 'PUT', url: '/api/pause', payload })).status).toBe(200);
  for (const url of ['/api/status', '/api/sweeps', '/api/audit', '/api/history', '/api/orphans?sort=name']) {
    expect((await api.call(url)).status, url).toBe(200);
  }
  const { body } = await api.call<OrphanListAnswer>('/api/orphans');
  expect(body.items.map(({ workspaceId, state }) => [workspaceId, state])).toEqual([[left.id, 'held']]);
  expect(second?.id).not.toBe(left.id);
  const { rows } = await world.home.query('select of_the_next_version as its from sweeper.attempts');
  expect(rows).toEqual([{ its: 7 }, { its: 7 }]);
});

/** What takes nothing from a version that does not know of it. */
const HARMLESS = [
  /^create (table|type|unique index|index) /i,
  /^drop index /i,
  /^alter table \S+ add column "\w+" \S+( with time zone)?( default \S+ not null)?$/i,
];

it('no migration takes away what the version before needs', () => {
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  expect(files.length).toBeGreaterThanOrEqual(6);
  for (const file of files.slice(1)) {
    const text = readFileSync(new URL(file, MIGRATIONS), 'utf8');
    expect(text, file).toMatch(/^-- oldest version that runs on this: \d+\.\d+\.\d+\n/);
    const statements = text.split('--> statement-breakpoint').map((statement) =>
      statement
        .replace(/^--.*$/gm, '')
        .replace(/\s+/g, ' ')
        .trim()
        .replace(/;$/, ''),
    );
    // Of a table that is new here nobody knows before.
    const made = statements.flatMap((statement) => /^create table (\S+) /i.exec(statement)?.[1] ?? []);
    const ofNew = (statement: string) =>
      made.some((table) => statement.startsWith(`ALTER TABLE ${table} ADD CONSTRAINT `));
    const harmful = statements.filter(
      (statement) => !HARMLESS.some((form) => form.test(statement)) && !ofNew(statement),
    );
    expect(harmful, file).toEqual([]);
  }
});
