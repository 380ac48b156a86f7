import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { DatabaseFailure } from '../../server/db/connect.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { recordLog } from '../support/recorded-log.ts';

const clock = createFakeClock();
const PASSWORD = 'pa55/w0rd é€😀 "q"\\';
const URL_OF_HOME = `postgres://sweeper:${encodeURIComponent(PASSWORD)}@db.example/sweeper`;
const TOKEN = 'adm1n+token=';
const SECRETS = [URL_OF_HOME, TOKEN];

/** What one line of an error comes to, as text and read. */
function lineOf(error: unknown, secrets: readonly string[] = SECRETS) {
  const { log, text, lines } = recordLog(clock, { secrets });
  log.error({ err: error }, 'It failed');
  return { text: text(), err: lines()[0]?.['err'] };
}

function databaseError(code: string, message: string): pg.DatabaseError {
  const error = new pg.DatabaseError(message, 1, 'error');
  return Object.assign(error, { code, detail: 'Failing row contains (TheirRow)', where: 'TheirRow' });
}

describe('a line of the log', () => {
  it('is JSON, with time in UTC, the level as a word, the sentence, the tenant and the replica', () => {
    const { log, lines } = recordLog(clock);
    log.warn({ open: 3 }, 'Something');
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        tenant: 'default',
        replica: 'the process',
        open: 3,
        msg: 'Something',
      },
    ]);
  });

  it('is left out below the level that is set', () => {
    const { log, said } = recordLog(clock, { level: 'warn' });
    log.info({}, 'no');
    log.warn({}, 'yes');
    expect(said()).toEqual(['warn yes']);
  });

  it('is readable where a person looks: one line, the facts behind the sentence, and no secret either', () => {
    const { log, text } = recordLog(clock, { readable: true, secrets: SECRETS });
    log.info({ counts: { stopped: 2 }, name: TOKEN }, 'Sweep ended');
    expect(text()).toMatch(/^\[\d\d:\d\d:\d\d\] .*INFO.*: .*Sweep ended/);
    expect(text()).toContain('"counts":{"stopped":2}');
    expect(text()).not.toContain('the process');
    expect(text().split('\n')).toHaveLength(2);
    expect(text()).not.toContain(TOKEN);
  });
});

describe('an error in the log', () => {
  it('has its type, code, sentence, where it was thrown, and its causes; of one that stands for several, those', () => {
    const inner = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
    const { err } = lineOf(new DatabaseFailure(new AggregateError([inner], '')));
    const stack = expect.stringMatching(/^\w+: .*\n {4}at .*log\.test\.ts/);
    const one = { type: 'Error', code: 'ECONNREFUSED', message: inner.message, stack };
    expect(err).toEqual({
      type: 'DatabaseFailure',
      code: 'database_failure',
      message: inner.message,
      stack,
      cause: { type: 'AggregateError', message: '', stack: expect.any(String), errors: [one] },
    });
  });

  it('keeps nothing else of it: neither connections and requests hung on it, nor rows, parameters or bodies quoted in it', () => {
    const query = new DrizzleQueryError('insert into holds values ($1)', ['TheirReason'], databaseError('23505', 'no'));
    const unread = databaseError('22P02', 'invalid input syntax for type uuid: "TheirValue"');
    const body = new SyntaxError('Unexpected token \'T\', "TheirBody" is not valid JSON');
    const hung = Object.assign(new Error('broke'), {
      client: { password: 'TheirPassword' },
      response: { data: 'TheirBody' },
    });
    for (const error of [query, new DatabaseFailure(query), unread, new DatabaseFailure(unread), body, hung]) {
      const { text } = lineOf(error);
      expect(text).toContain('"err":{"type":');
      expect(text).not.toContain('Their');
    }
    expect(lineOf({ request: 'TheirBody' }).text).not.toContain('Their');
    expect(lineOf(query).err).toMatchObject({ message: 'Failed query: insert into holds values ($1)' });
  });

  it('ends, however long the chain of its causes is, be it a circle', () => {
    const circle = new Error('round');
    circle.cause = new Error('and round', { cause: circle });
    expect(lineOf(circle).text.length).toBeLessThan(50_000);
    expect(lineOf(new Error('x'.repeat(1_000_000))).text.length).toBeLessThan(10_000);
  });

  it('logged by itself, as libraries do, is the same', () => {
    const { log, lines, text } = recordLog(clock);
    log.error(new DrizzleQueryError('select 1', ['TheirReason'], new Error('no')));
    expect(lines()).toMatchObject([{ msg: 'Failed query: select 1', err: { type: 'DrizzleQueryError' } }]);
    expect(text()).not.toContain('Their');
  });
});

const FORMS: readonly (readonly [string, (secret: string) => string])[] = [
  ['as it is', (secret) => secret],
  ['percent-encoded', encodeURIComponent],
  ['encoded twice', (secret) => encodeURIComponent(encodeURIComponent(secret))],
  ['as JSON in a text', (secret) => JSON.stringify({ secret })],
  ['in base64', (secret) => Buffer.from(`user:${secret}`).toString('base64')],
];

describe('a secret of the settings', () => {
  it.each(FORMS)(
    'comes out of no line %s: not in a field, a list, a sentence, or an error and its causes',
    (_, form) => {
      for (const secret of [PASSWORD, TOKEN]) {
        const { log, text, lines } = recordLog(clock, { secrets: SECRETS });
        const said = form(secret);
        log.info({ name: said, many: [{ said }], tenant: said }, `It said ${said}, and no more`);
        log.error({ err: new Error(`a ${said}`, { cause: new Error(`b ${said}`) }) }, 'x');
        log.error(new AggregateError([new Error(said)], said));
        const raw = JSON.stringify(said).slice(1, -1);
        expect([text().includes(secret), text().includes(said), text().includes(raw)]).toEqual([false, false, false]);
        expect(lines()).toHaveLength(3);
        expect(lines()[0]).toMatchObject({ msg: expect.stringMatching(/^It said .*, and no more$/) });
        expect(lines()[1]).toMatchObject({ err: { cause: { message: expect.stringMatching(/^b .*\[redacted\]/) } } });
      }
    },
  );

  it('that stands in the query of a URL, or is the path of an address, is one', () => {
    const secrets = ['postgres://u@/db?host=/run&password=qu3ry-pw', 'https://hooks.example/services/T0/s3cr3t-path'];
    const { log, text } = recordLog(clock, { secrets });
    log.info({}, 'with qu3ry-pw to /services/T0/s3cr3t-path at hooks.example, /run');
    expect(text()).toContain('with [redacted] to [redacted] at hooks.example, /run');
  });

  it('never costs the log its form: level, time and the names of fields stay, whatever the password is', () => {
    const { log, lines } = recordLog(clock, { secrets: ['postgres://u:warn@h/d', 'postgres://u:"}],@h/d', '2026'] });
    log.warn({ counts: { warned: 1 } }, 'I warn you');
    expect(lines()).toMatchObject([{ level: 'warn', time: expect.stringMatching(/Z$/), counts: { warned: 1 } }]);
    expect(lines()[0]?.msg).toBe('I [redacted] you');
  });

  it('too short to be one hides nothing: it occurs in ordinary words', () => {
    const { log, said } = recordLog(clock, { secrets: ['postgres://u:a@h/d', ''] });
    log.warn({}, 'A database was away');
    expect(said()).toEqual(['warn A database was away']);
  });
});

describe('what nobody has told the log is secret', () => {
  const thrown = (text: string): unknown => {
    try {
      return new URL(text);
    } catch (error) {
      return error;
    }
  };

  it.each([
    'postgres://u:Hidden@db.example/x',
    'postgres://u:Hid/den@Hidden@db.example/x',
    'https://x.example/?a=1&access_token=Hidden&b=2',
    'Authorization: Bearer Hidden.Hidden-Hidden',
    'Basic SGlkZGVuOkhpZGRlbg==Hidden',
  ])('is recognised by its form: %s', (text) => {
    const { log, text: written } = recordLog(clock);
    log.info({ at: text }, text);
    log.error(new Error(text));
    log.error({ err: thrown(`${text}:99999999`) }, 'x');
    expect(written()).not.toMatch(/Hid|SGlk/);
    expect(written()).toContain('[redacted]');
  });

  it('is recognised by its name', () => {
    const { log, text, lines } = recordLog(clock);
    const named = { Authorization: 'Hidden', 'x-molecule-admin-token': 'Hidden', password: ['Hidden'], body: 'Hidden' };
    log.info({ ...named, call: { headers: { a: 'Hidden' }, 'set-cookie': 'Hidden', route: '/x' } }, 'x');
    expect(text()).not.toContain('Hidden');
    expect(lines()).toMatchObject([{ call: { route: '/x' } }]);
  });
});
