import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../server/settings.ts';
import { runCommandLine } from '../support/command-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const ROLE = 'role_of_the_readme';
const ROOT = new URL('../../', import.meta.url);
const readme = await readFile(new URL('README.md', ROOT), 'utf8');

function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text]) => text ?? '',
  );
}

const lines = blocks('sh').flatMap((block) => block.trim().split('\n'));

describe('the README', () => {
  let world: World;
  let owned: TestDatabase | undefined;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(async () => {
    await owned?.drop();
    await world.close();
  });

  it('has no command but those that are run: here, or word for word by the CI', async () => {
    const commands = lines.filter((line) => !line.startsWith('export '));
    const run = [
      'npm ci',
      'npm run demo',
      'npm run check',
      'npm start',
      'npm run platform:index -- --print',
      'npm run bench',
      'npm test',
    ];
    expect(commands).toEqual(run);
    const ci = await readFile(new URL('.ci/run', ROOT), 'utf8');
    for (const command of ['npm ci', 'npm run demo', 'npm start', 'npm run bench', 'npm test']) {
      expect(ci).toContain(command);
    }
  });

  it('exports no setting that does not exist, and lists every setting', () => {
    const exported = lines.flatMap((line) => /^export (\w+)=/.exec(line)?.[1] ?? []);
    expect(exported.length).toBe(4);
    const names: readonly string[] = SETTING_NAMES;
    for (const name of exported) expect(names).toContain(name);
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });

  it('grants enough for a sweep, and for a memory in the same database', async () => {
    const leaked = await world.leak();
    const [grant, ...others] = blocks('sql');
    expect(others).toEqual([]);
    // Under another name: the PostgreSQL of the tests has a user of this one.
    await world.platformDatabase.query((grant ?? '').replaceAll('orphan_sweeper', ROLE));
    const url = new URL(world.platformDatabase.url);
    url.username = ROLE;
    url.password = 'change-me';
    const { CONTROL_PLANE_URL, CONTROL_PLANE_SHARED_SECRET, CONTROL_PLANE_ADMIN_TOKEN } = settingsFor(world);
    const exported = Object.fromEntries(
      lines.flatMap((line) => [...line.matchAll(/^export (\w+)=(.*)$/g)].map(([, name, value]) => [name, value])),
    );
    const env = {
      ...exported,
      DATABASE_URL: url.href,
      CONTROL_PLANE_URL,
      CONTROL_PLANE_SHARED_SECRET,
      CONTROL_PLANE_ADMIN_TOKEN,
    };

    const before = await world.row(leaked.id);
    const checked = await runCommandLine(['check'], env);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toMatch(/^ok /);
    expect(checked.stdout).toContain('All well. Nothing was changed.');
    expect(await world.row(leaked.id)).toEqual(before);

    const dry = await startProgram(defined(env));
    await dry.ready();
    await swept(dry);
    expect((await world.row(leaked.id))?.instance_id).toBe(leaked.instance_id);
    dry.signal('SIGTERM');
    expect((await dry.exited).code).toBe(0);

    const armed = await startProgram(defined({ ...env, SWEEP_DRY_RUN: 'false' }));
    await armed.ready();
    await swept(armed);
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
    armed.signal('SIGTERM');
    await armed.exited;
    await world.platformDatabase.query(`drop owned by ${ROLE} cascade; drop role ${ROLE}`);
  });

  it('prints indexes that can be built as they are printed, and builds them once', async () => {
    owned = await createTestDatabase();
    await owned.query(
      'create table workspaces (id uuid, name text, status text, instance_id text, updated_at timestamptz)',
    );
    const env = { DATABASE_URL: owned.url };
    const run = (...options: string[]) => runCommandLine(['platform:index', ...options], env);
    const { stdout } = await run('--print');
    const printed = stdout.trim().split('\n');
    expect(printed).toHaveLength(2);
    await owned.query(printed[0] ?? '');
    const built = await run();
    expect(built.stdout).toMatch(/is there .*\n.*Building .*\n.*is built/);
    expect((await run()).stdout).not.toContain('Building');
    const { rows } = await owned.query('select indexname from pg_indexes where tablename = $1', ['workspaces']);
    expect(rows).toHaveLength(2);
  });
});

/** Without what was not given. */
function defined(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Sweeps by hand, and waits for the end. */
async function swept(program: Awaited<ReturnType<typeof startProgram>>): Promise<void> {
  const { body } = await program.call<{ id: string }>('/api/sweeps', { method: 'POST' });
  await until(
    async () => (await program.call<{ finishedAt: string | null }>(`/api/sweeps/${body.id}`)).body.finishedAt,
    {
      timeoutMs: 30_000,
      what: 'the sweep to end',
    },
  );
}
