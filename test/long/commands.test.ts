import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { latchBrake } from '../support/acting.ts';
import { runCommandLine, startCommand } from '../support/command-process.ts';
import { removeSharedHome } from '../support/embedded-cases.ts';
import { settingsFor, startProgram } from '../support/process.ts';
import { gate, stops } from '../support/sweeping.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  return () => world.close();
});
const run = (...line: string[]) => runCommandLine(line, settingsFor(world));

/** One document, and nothing else. */
function parsed(stdout: string): Record<string, unknown> {
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout);
}

describe('the built program, as a process', () => {
  it('check: exit code 0 where all is well, 1 where not, one JSON document', async () => {
    const well = await run('check', '--json');
    expect(well).toMatchObject({ code: 0, stderr: '' });
    expect(parsed(well.stdout)).toMatchObject({ ok: true, lines: expect.any(Array) });
    await world.platformDatabase.query('drop table workspaces');
    const wrong = await run('check');
    expect(wrong).toMatchObject({ code: 1, stderr: '' });
    expect(wrong.stdout).toMatch(/^NOT {3}table: there is no table "public"."workspaces"/m);
    expect(wrong.stdout).toMatch(/\n1 to mend, the first NOT first\. Nothing was changed\.\n$/);
    expect(await world.sweeps()).toEqual([]);
  });

  it('sweep --once: exit code 0, one JSON document, and the process ends by itself', async () => {
    const leaked = await world.leak();
    const swept = await run('sweep', '--once', '--json');
    expect(swept).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(parsed(swept.stdout)).toMatchObject({ result: 'cleared', attempts: [{ instanceId: leaked.instance_id }] });
    expect((await world.row(leaked.id))?.instance_id).toBeNull();
  });

  it('sweep --once: a signal ends it before its next Stop, with exit code 1', async () => {
    const [leaked] = await world.leakMany(1);
    const { opened, open } = gate();
    world.controlPlane.onStop(leaked?.instance_id ?? '', () => opened);
    await world.leakMany(3);
    const sweeping = await startCommand(['sweep', '--once'], { ...settingsFor(world), SWEEP_CONCURRENCY: '1' });
    await until(() => stops(world).length === 1, { timeoutMs: 60_000, what: 'the first Stop' });
    sweeping.signal('SIGINT');
    open();
    const ended = await sweeping.exit;
    expect(ended).toMatchObject({ code: 1, signal: null, stderr: '' });
    expect(ended.stdout).toMatch(/: interrupted, .*3 deferred; /);
    expect(stops(world)).toHaveLength(1);
    expect((await world.attempts()).every(({ finished_at: finishedAt }) => finishedAt !== null)).toBe(true);
  });

  it('status, orphans and brake release: their exit codes, one JSON document each', async () => {
    await world.leak();
    const swept = await run('sweep', '--once', '--dry-run');
    expect(swept.code).toBe(0);
    await latchBrake(world);
    const status = await run('status', '--json');
    expect(status).toMatchObject({ code: 1, stderr: '' });
    expect(parsed(status.stdout)).toMatchObject({ brake: { orphans: 1 } });
    const orphans = await run('orphans', '--json');
    expect(orphans).toMatchObject({ code: 0, stderr: '' });
    expect(parsed(orphans.stdout)).toMatchObject({ total: 1 });
    const line = ['brake', 'release', '--reason', 'we deleted it', '--json', '--orphans'];
    const refused = await run(...line, '0');
    expect(refused).toMatchObject({ code: 1, stderr: '0 were on the screen, but 1 wait by now.\n' });
    expect(parsed(refused.stdout)).toMatchObject({ error: { code: 'brake_moved' } });
    const released = await run(...line, '1');
    expect(released).toMatchObject({ code: 0, stderr: '' });
    expect(parsed(released.stdout)).toMatchObject({ released: 1 });
  });

  it('what is wrong with the command line or the settings is exit code 2 and one sentence', async () => {
    expect(await run('stauts')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^stauts is not a command\. Allowed: none \(serve\), check, .*\n$/),
    });
    expect(await run('sweep')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^sweep: --once is missing\. /),
    });
    expect(await runCommandLine(['orphans'], { PORT: 'http' })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^There is 1 mistake in the settings:\n- PORT /),
    });
  });

  it('a database that is away is exit code 3, for a check 1', async () => {
    const env = { ...settingsFor(world), DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };
    for (const line of [['status'], ['orphans'], ['sweep', '--once']]) {
      expect((await runCommandLine(line, env)).code, line.join(' ')).toBe(3);
    }
    expect((await runCommandLine(['check'], env)).code).toBe(1);
  });

  it('--help tells of every command, and needs no settings', async () => {
    const all = await runCommandLine(['--help']);
    expect(all).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['check', 'status', 'orphans', 'sweep', 'brake release', 'platform:index', 'demo']) {
      const help = await runCommandLine([...name.split(' '), '--help'], { PORT: 'http' });
      expect(help, name).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/\nExit code:\n {2}0 /) });
      expect(all.stdout).toContain(`\n  ${name} `);
    }
  });
});

describe('beside a server with an embedded database', () => {
  it('the commands answer from it, and leave it to the server', async () => {
    const { CONTROL_PLANE_URL = '', CONTROL_PLANE_SHARED_SECRET = '' } = settingsFor(world);
    const env = { CONTROL_PLANE_URL, CONTROL_PLANE_SHARED_SECRET };
    onTestFinished(removeSharedHome);
    const before = await runCommandLine(['status'], env);
    expect(before).toMatchObject({ code: 3, stderr: expect.stringMatching(/^Nothing is remembered yet/) });
    const program = await startProgram(env);
    await program.ready();
    await until(
      async () => (await program.call<{ lastObserve: { error: string | null } }>('/api/status')).body.lastObserve.error,
      { what: 'the first look', timeoutMs: 30_000 },
    );
    const status = await runCommandLine(['status'], env);
    expect(status).toMatchObject({
      code: 1,
      stderr: '',
      stdout: expect.stringMatching(/has no table.*PLATFORM_TABLE/),
    });
    expect((await runCommandLine(['orphans'], env)).code).toBe(0);
    const check = await runCommandLine(['check'], env);
    expect(check.stdout).toMatch(/^ok {4}memory: the schema sweeper is there and up to date$/m);
    expect(check.stdout).toMatch(/^NOT {3}table: /m);
    const refused = await runCommandLine(['brake', 'release', '--reason', 'x', '--orphans', '0'], env);
    expect(refused.code).toBe(3);
    expect((await program.call('/readyz')).status).toBe(200);
    program.signal('SIGTERM');
    expect((await program.exited).code).toBe(0);
    // It is started for the answer, and ended again.
    expect((await runCommandLine(['orphans'], env)).code).toBe(0);
    const alone = await runCommandLine(['check'], env);
    expect(alone.stdout).toMatch(/^note {2}home database: an embedded PostgreSQL in .*, which does not run now$/m);
    expect(alone.stdout).toMatch(/^NOT {3}platform database: DATABASE_URL is not set/m);
    expect(alone.stdout).toMatch(/^\? {5}now: not asked: the home database does not run now$/m);
  });
});
