import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latchBrake } from '../support/acting.ts';
import { runCommandLine } from '../support/command-process.ts';
import { createTestDatabase } from '../support/database.ts';

import { settingsFor } from '../support/process.ts';
import { createWorld, type World } from '../support/world.ts';

const DOCS = new URL('../../docs/', import.meta.url);
const ROLE = 'role_of_the_docs';

const pages = (await readdir(DOCS)).filter((name) => name.endsWith('.md') && name !== 'install.md');
const text = (await Promise.all(pages.map((name) => readFile(new URL(name, DOCS), 'utf8')))).join('\n');

function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block]) => block ?? '',
  );
}

const PROGRAM = 'node dist/server/main.js ';
const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));
const typed = [...new Set(lines.filter((line) => line.startsWith(PROGRAM)))];

/** Word by word, as a shell would. */
function wordsOf(line: string): string[] {
  return [...line.slice(PROGRAM.length).matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe('the commands of docs/', () => {
  it('are these; what serves is run as the README has it', () => {
    const others = lines.filter((line) => !line.startsWith(PROGRAM));
    expect([...new Set(others)].sort()).toEqual(
      ['export SWEEP_DRY_RUN=true', 'npm run check', 'npm start', 'unset SWEEP_DRY_RUN'].sort(),
    );
    expect(typed.map((line) => wordsOf(line).slice(0, 2).join(' ')).sort()).toEqual([
      'brake release',
      'check',
      'orphans --sort',
      'status',
      'token create',
      'token list',
      'token revoke',
    ]);
  });

  it('do what they are there for, as they are typed there', async () => {
    await world.leakMany(1204);
    await world.observe();
    await latchBrake(world);
    const answers = new Map<string, Awaited<ReturnType<typeof runCommandLine>>>();
    for (const line of typed) {
      const words = wordsOf(line);
      const env = { ...settingsFor(world) };
      answers.set(words.slice(0, 2).join(' '), await runCommandLine(words, env));
    }
    const of = (name: string) => answers.get(name) ?? { code: null, stdout: '' };
    expect(of('brake release')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Released for 1204 orphans'),
    });
    expect(of('check')).toMatchObject({ stdout: expect.stringMatching(/^ok /) });
    expect(of('status').stdout).toContain('1204');
    expect(of('orphans --sort').stdout.trim().split('\n').length).toBeGreaterThanOrEqual(20);
    expect(of('token create')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sweeper_/) });
    expect(of('token list')).toMatchObject({ code: 0, stdout: expect.stringContaining('nightly-report') });
    expect(of('token revoke')).toMatchObject({ code: 0, stdout: 'Revoked nightly-report.\n' });
  });

  it('the SQL that finds the busiest ten minutes finds them', async () => {
    const database = await createTestDatabase();
    await database.query('create table public.workspaces (id uuid, status text, updated_at timestamptz)');
    await database.query(`
      insert into public.workspaces select gen_random_uuid(), 'removed', now() - interval '3 days' from generate_series(1, 30);
      insert into public.workspaces select gen_random_uuid(), 'online', now() - interval '3 days' from generate_series(1, 99);
      insert into public.workspaces select gen_random_uuid(), 'removed', now() - interval '91 days' from generate_series(1, 99)`);
    const [sql = ''] = blocks('sql').filter((block) => block.startsWith('select max'));
    expect((await database.query(sql)).rows).toEqual([{ max: '30' }]);
    await database.drop();
  });

  it('the SQL that removes everything leaves nothing of ours, and all of theirs', async () => {
    const database = await createTestDatabase({ migrated: true });
    await database.query(`
      create table public.workspaces (id uuid, status text, instance_id text, updated_at timestamptz);
      create index workspaces_instance on public.workspaces (instance_id);
      insert into public.workspaces (status, instance_id) values ('removed', 'i-1');
      create role ${ROLE}; grant select on public.workspaces to ${ROLE}`);
    const [sql = ''] = blocks('sql').filter((block) => block.startsWith('drop schema'));
    await database.query(sql.replaceAll('orphan_sweeper', ROLE));
    const left = `
      select (select count(*) from pg_namespace where nspname = 'sweeper')
        + (select count(*) from pg_roles where rolname = '${ROLE}')
        + (select count(*) from pg_indexes where tablename = 'workspaces') as ours,
        (select count(*) from public.workspaces where instance_id = 'i-1') as theirs`;
    expect((await database.query(left)).rows).toEqual([{ ours: '0', theirs: '1' }]);
    await database.drop();
  });
});
