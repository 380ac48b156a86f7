import { describe, expect, test } from 'vitest';
import type { Environment } from '../../server/environment.ts';
import { parse, problemOf, viewOf } from '../support/config.ts';

const RANGES: [name: string, lowest: number, highest: number, beside: Environment][] = [
  ['DOCKER_UNKNOWN_GRACE_SECONDS', 60, 86_400, {}],
  ['PORT', 0, 65_535, {}],
  ['SWEEP_INTERVAL_SECONDS', 1, 3600, {}],
  ['SWEEP_LIMIT', 0, 10_000, {}],
  ['SWEEP_CONCURRENCY', 1, 100, {}],
  ['STOP_TIMEOUT_SECONDS', 1, 299, { SWEEP_DEADLINE_SECONDS: '300' }],
  ['SWEEP_DEADLINE_SECONDS', 2, 300, { STOP_TIMEOUT_SECONDS: '1' }],
  ['SWEEP_GRACE_SECONDS', 0, 86_400, {}],
  ['SWEEP_SURGE_LIMIT', 0, 1_000_000, {}],
  ['SECOND_LOOK_SECONDS', 0, 86_400, {}],
];
const BOOLEANS = ['EMBEDDED_DATABASE', 'DOCKER_SWEEP_UNKNOWN', 'ALLOW_ANONYMOUS', 'POSITIVE_CONTROL', 'SWEEP_DRY_RUN'];

describe('numbers and booleans', () => {
  test.each(RANGES)('%s takes %i to %i', (name, lowest, highest, beside) => {
    for (const edge of [lowest, highest]) {
      expect(viewOf(parse({ ...beside, [name]: String(edge) }), name)).toMatchObject({
        value: edge,
        source: 'environment',
      });
    }
  });

  test.each(RANGES)(
    '%s refuses one below %i and one above %i, and says what it wants',
    (name, lowest, highest, beside) => {
      for (const outside of [lowest - 1, highest + 1]) {
        expect(problemOf({ ...beside, [name]: String(outside) })).toContain(name);
      }
      expect(problemOf({ ...beside, [name]: '1000001' })).toMatch(
        new RegExp(`^${name} is "1000001"; it must be a whole number from [0-9]+ to [0-9]+(, or unlimited)?$`),
      );
    },
  );

  test.each([
    '0x10',
    '1e3',
    ' 5',
    '5 ',
    '+5',
    '-5',
    '-0',
    '05',
    '5.0',
    '5s',
    '٥',
    'NaN',
    'Infinity',
    'null',
    'Unlimited',
    ' ',
  ])('refuses %j as a number', (text) => {
    expect(problemOf({ SWEEP_LIMIT: text })).toBe(
      `SWEEP_LIMIT is ${JSON.stringify(text)}; it must be a whole number from 0 to 10000`,
    );
    expect(problemOf({ SWEEP_SURGE_LIMIT: text })).toContain(JSON.stringify(text));
  });

  test('only the surge limit can be unlimited; every other limit refuses the word', () => {
    expect(parse({ SWEEP_SURGE_LIMIT: 'unlimited' }).sweep.surgeLimit).toBe('unlimited');
    expect(problemOf({ SWEEP_LIMIT: 'unlimited' })).toContain('SWEEP_LIMIT');
  });

  test('a limit of 0 stays 0: none, never "no limit"', () => {
    const zero = { SWEEP_SURGE_LIMIT: '0', SWEEP_LIMIT: '0', SWEEP_GRACE_SECONDS: '0', SECOND_LOOK_SECONDS: '0' };
    expect(parse(zero).sweep).toMatchObject({ surgeLimit: 0, limit: 0, graceMs: 0, secondLookMs: 0 });
  });

  test.each(BOOLEANS)('%s takes exactly true and false', (name) => {
    for (const value of [true, false]) expect(viewOf(parse({ [name]: String(value) }), name)?.value).toBe(value);
  });

  test.each(BOOLEANS)('%s refuses every other spelling', (name) => {
    for (const text of ['1', '0', 'yes', 'no', 'TRUE', 'False', 'on', ' true', 'true ']) {
      expect(problemOf({ [name]: text })).toBe(`${name} is ${JSON.stringify(text)}; it must be true or false`);
    }
  });

  test('refuses a deadline that is not above the stop timeout, and says which of them is a default', () => {
    const wrong = { SWEEP_DEADLINE_SECONDS: '20', STOP_TIMEOUT_SECONDS: '20' };
    expect(problemOf(wrong)).toMatch(/^SWEEP_DEADLINE_SECONDS is 20; it must be above STOP_TIMEOUT_SECONDS \(20\)/);
    expect(problemOf({ STOP_TIMEOUT_SECONDS: '45' })).toContain('SWEEP_DEADLINE_SECONDS is 30, its default;');
    expect(problemOf({ SWEEP_DEADLINE_SECONDS: '10' })).toContain('(10, its default)');
    expect(parse({ SWEEP_DEADLINE_SECONDS: '11' }).sweep).toMatchObject({ stopTimeoutMs: 10_000, deadlineMs: 11_000 });
  });
});

describe('text', () => {
  test.each([
    ['PLATFORM_TABLE', ['a.b.c', '.a', 'a.', '1a', 'a b', 'a-b', '"a"', 'a;drop', 'tä', `s.${'x'.repeat(64)}`]],
    ['BACKEND', ['Docker', 'none', 'control_plane', 'docker,control-plane']],
    ['HOST', ['127.0.0.1:80', '[::1]', 'http://127.0.0.1', '1::2::3', 'a b', '-a']],
    ['ALLOWED_HOSTS', ['*', 'a.example,', 'a.example,,b', 'https://a.example', 'a.example:80', 'a b']],
    ['TENANT', ['a b', 'a/b', 'ü', 'x'.repeat(64)]],
    ['ENVIRONMENT_NAME', [' prod', 'prod ', 'a\nb', 'a\u202eb', 'x'.repeat(41)]],
    ['PLATFORM_MOVED_FROM', ['a\nb', 'x'.repeat(501)]],
    ['LOG_LEVEL', ['INFO', 'verbose', '30']],
    [
      'CONTROL_PLANE_URL',
      ['cp.example', 'ftp://cp', 'http:cp', 'http://', 'http://a b', 'http://a/?x=1', 'http://a#b'],
    ],
    [
      'CONTROL_PLANE_URL',
      ['http://cp?', 'http://cp#', 'http://cp:99999', 'http://u@cp', 'http://:p@cp', 'http://a\\b'],
    ],
    [
      'PUBLIC_URL',
      ['ops.example', 'https://u@ops.example', 'https://ops.example/x', 'https://ops.example/?', 'ftp://ops'],
    ],
    ['NOTIFY_SLACK_URL', ['hooks.slack.com/x', 'https://u:p@h/x', 'https://h/#x', 'https://a b/']],
    ['NOTIFY_PAGERDUTY_KEY', ['a-b', 'x'.repeat(65), 'ü']],
    ['RUNBOOK_URL', ['wiki', 'javascript:alert(1)', 'https://w/{instanceId}', 'https://w/{', 'https://u:p@w/{class}']],
    ['RUNBOOK_URL', ['https://{class}.example/', 'java\nscript:alert(1)', 'https://w/{{class}}']],
    ['INSTANCE_URL_TEMPLATE', ['https://w/{class}', 'https://w/{instance_id}', 'https://{instanceId}/', 'https:w']],
    ['CONTROL_PLANE_SHARED_SECRET', ['a\nb', 'a\u0000', 'a\tb', '€', ' a', 'a ', '\u007f', 'a\r']],
    ['CONTROL_PLANE_ADMIN_TOKEN', ['a\nb', '‮', '\u0085']],
    [
      'DATABASE_URL',
      ['db', 'mysql://h/d', 'http://h/d', 'postgres:h', 'postgres://', 'postgres:///d', 'postgres://h a/d'],
    ],
    [
      'DATABASE_URL',
      ['postgres://a:1,b:2/d', 'postgres://u:12/34@h/d', 'postgres://u:1?2@h/d', 'postgres://u:p#x@h/d'],
    ],
    ['DATABASE_URL', ['postgres://u@/d', 'postgres://h:99999/d', ' postgres://h/d', 'postgres://h/d#x']],
  ])('%s refuses %j', (name, texts) => {
    for (const text of texts) {
      const problem = problemOf({ [name]: text });
      expect(problem.startsWith(`${name} is `), problem).toBe(true);
      expect(problem).toContain('; it must be ');
    }
  });

  test('takes the longest table names the database itself takes, and keeps their case', () => {
    const longest = 'X'.repeat(63);
    expect(parse({ PLATFORM_TABLE: `${longest}.${longest}` }).platform.table).toEqual({
      schema: longest,
      name: longest,
    });
    expect(parse({ PLATFORM_TABLE: 'Workspaces' }).platform.table).toEqual({ schema: 'public', name: 'Workspaces' });
  });

  test('cuts a long value short in its message', () => {
    expect(problemOf({ TENANT: 'x y'.repeat(100) }).length).toBeLessThan(300);
  });

  test('takes true, numbers and commas as text where text is wanted', () => {
    expect(parse({ TENANT: '007', ENVIRONMENT_NAME: 'true, really' })).toMatchObject({
      tenant: '007',
      environmentName: 'true, really',
    });
  });
});
