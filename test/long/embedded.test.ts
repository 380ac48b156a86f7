import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { networkInterfaces, platform } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, keptIn, modeOf, postmasterPid, recordingLog, start, temporaryFolder } from '../support/embedded-cases.ts';
import { until } from '../support/until.ts';

describe('an embedded database', () => {
  test('begins in a folder that is not there yet, and keeps its data across a stop', async () => {
    const directory = join(await temporaryFolder(), 'not', 'there');
    const first = await start(directory);
    expect(first.directory).toBe(directory);
    await ask(first.url, 'create table kept (word text)');
    await ask(first.url, `insert into kept values ('still here')`);
    await Promise.all([first.stop(), first.stop()]);
    await first.stop();
    await expect(ask(first.url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const second = await start(directory);
    expect(await ask(second.url, 'select word from kept')).toEqual([{ word: 'still here' }]);
  });

  test('listens on loopback and nowhere else, in UTC and UTF-8', async () => {
    const { url } = await start(await temporaryFolder());
    const settings = ['listen_addresses', 'unix_socket_directories', 'TimeZone', 'server_encoding'];
    const list = settings.map((name) => `current_setting('${name}') as "${name}"`).join();
    expect(await ask(url, `select ${list}`)).toEqual([
      { listen_addresses: '127.0.0.1', unix_socket_directories: '', TimeZone: 'UTC', server_encoding: 'UTF8' },
    ]);
    for (const { address, internal, family } of Object.values(networkInterfaces()).flatMap((one) => one ?? [])) {
      if (internal || family !== 'IPv4') continue;
      const elsewhere = new URL(url);
      elsewhere.hostname = address;
      await expect(ask(elsewhere.href, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });

  test('lets nobody in without the password', async () => {
    const { url } = await start(await temporaryFolder());
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await expect(ask(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(await ask(url, 'select distinct auth_method from pg_hba_file_rules')).toEqual([
      { auth_method: 'scram-sha-256' },
    ]);
    expect(
      await ask(url, `select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolcanlogin`),
    ).toEqual([{ scram: true }]);
  });

  test('keeps the password in a file for its owner only, and out of every log', async () => {
    const { log, text } = recordingLog();
    const embedded = await start(await temporaryFolder(), log);
    const file = join(embedded.directory, 'postgres/password');
    const password = await readFile(file, 'utf8');
    expect(new URL(embedded.url).password).toBe(password);
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(await modeOf(file)).toBe(0o600);
    await embedded.stop();
    expect(text()).toContain('stopped the embedded PostgreSQL');
    expect(text()).not.toContain(password);
    expect(await readFile(join(embedded.directory, 'postgres/server.log'), 'utf8')).not.toContain(password);
  });

  test('is not led astray by the PG* variables of the environment', async () => {
    const elsewhere = {
      PGDATA: '/nowhere',
      PGHOST: 'nowhere.invalid',
      PGPORT: '1',
      PGSSLMODE: 'require',
      PGUSER: 'no',
    };
    for (const [name, value] of Object.entries(elsewhere)) vi.stubEnv(name, value);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { url, directory } = await start(await temporaryFolder());
    expect(await ask(url, 'select 1 as answer')).toEqual([{ answer: 1 }]);
    if (platform() === 'linux') {
      const environment = await readFile(`/proc/${await postmasterPid(directory)}/environ`, 'utf8');
      expect(environment).toContain('TZ=UTC');
      expect(environment).not.toMatch(/nowhere|require/);
    }
  });

  test('clears away what a process killed in the middle of creating it left, and begins a new log after 10 MB', async () => {
    const directory = await temporaryFolder();
    await mkdir(join(directory, 'postgres.new-0123456789ab/data'), { recursive: true });
    await (await start(directory)).stop();
    expect(await keptIn(directory)).toEqual(['postgres']);
    await truncate(join(directory, 'postgres/server.log'), 10_000_000);
    await start(directory);
    expect(await readdir(join(directory, 'postgres'))).toEqual(['data', 'password', 'server.log', 'server.log.old']);
    expect((await stat(join(directory, 'postgres/server.log'))).size).toBeLessThan(10_000);
  });

  test('stops although somebody is still connected', async () => {
    const embedded = await start(await temporaryFolder());
    const sleeping = expect(ask(embedded.url, 'select pg_sleep(600)')).rejects.toMatchObject({ code: '57P01' });
    const asleep = `select 1 from pg_stat_activity where wait_event = 'PgSleep'`;
    await until(async () => (await ask(embedded.url, asleep)).length > 0, { what: 'the session to sleep' });
    await embedded.stop();
    await sleeping;
  });
});

describe('a folder it cannot use', () => {
  test('holds the data of another PostgreSQL: refused, naming folder and versions, and left alone', async () => {
    const directory = await temporaryFolder();
    const data = join(directory, 'postgres/data');
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'PG_VERSION'), '15\n');
    const error = await start(directory).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'other_version' });
    expect(String(error)).toContain(data);
    expect(String(error)).toMatch(/PostgreSQL 15, and the embedded one is \d\d/);
    expect(await readdir(data)).toEqual(['PG_VERSION']);
  });

  test('holds something else: refused, and left alone', async () => {
    const directory = await temporaryFolder();
    await mkdir(join(directory, 'postgres'));
    await writeFile(join(directory, 'postgres/notes'), 'mine');
    await expect(start(directory)).rejects.toMatchObject({ code: 'unusable_directory' });
    expect(await keptIn(directory)).toEqual(['postgres']);
    expect(await readdir(join(directory, 'postgres'))).toEqual(['notes']);
  });

  test('is a file: refused with a sentence', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    await expect(start(file)).rejects.toMatchObject({ code: 'unusable_directory' });
  });

  test('has a name that a shell would not leave alone: refused', async () => {
    const directory = join(await temporaryFolder(), 'a$(date)b');
    await expect(start(directory)).rejects.toMatchObject({ code: 'unusable_directory' });
  });

  test('has a setting that PostgreSQL does not accept: the error shows what the server said', async () => {
    const directory = await temporaryFolder();
    await (await start(directory)).stop();
    await appendFile(join(directory, 'postgres/data/postgresql.conf'), '\nno_such_setting = 1\n');
    const error = await start(directory).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'start_failed' });
    expect(String(error)).toContain('no_such_setting');
  });

  test('has a password file that is not the right one: refused, and nothing is left running', async () => {
    const directory = await temporaryFolder();
    await (await start(directory)).stop();
    await writeFile(join(directory, 'postgres/password'), 'another');
    await expect(start(directory)).rejects.toMatchObject({ code: 'not_ours' });
    await expect(postmasterPid(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
