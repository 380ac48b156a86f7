import { describe, expect, test } from 'vitest';
import { SETTING_NAMES, settingOf } from '../../server/settings.ts';
import { CONTROL_PLANE, errorOf, HOME, parse, parseWith, problemOf, viewOf } from '../support/config.ts';

describe('names that are not settings', () => {
  test.each([
    ['SWEEP_LIMITS', 'SWEEP_LIMIT'],
    ['SWEEP_INTERVAL', 'SWEEP_INTERVAL_SECONDS'],
    ['STOP_TIMEOUT', 'STOP_TIMEOUT_SECONDS'],
    ['SECOND_LOOK_SECS', 'SECOND_LOOK_SECONDS'],
    ['POSITIVE_CONTROLS', 'POSITIVE_CONTROL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABASE_URL_FILES', 'DATABASE_URL_FILE'],
    ['PLATFORM_TABLES', 'PLATFORM_TABLE'],
    ['EMBEDDED_DB', 'EMBEDDED_DATABASE'],
    ['CONTROL_PLANE_SECRET', 'CONTROL_PLANE_SHARED_SECRET'],
    ['CONTROL_PLANE_SHARED_SECRETS', 'CONTROL_PLANE_SHARED_SECRET'],
    ['RUNBOOK_URLS', 'RUNBOOK_URL'],
    ['INSTANCE_URL_TEMPLAT', 'INSTANCE_URL_TEMPLATE'],
    ['INSTANCE_URL_FORMAT', 'INSTANCE_URL_TEMPLATE'],
    ['ALLOW_ANONYMUS', 'ALLOW_ANONYMOUS'],
    ['ALLOWED_HOST', 'ALLOWED_HOSTS'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['ENVIRONMENT_NAMES', 'ENVIRONMENT_NAME'],
    ['NOTIFY_WEBHOOK', 'NOTIFY_WEBHOOK_URL'],
    ['NOTIFY_SLACK_URLS', 'NOTIFY_SLACK_URL'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
  ])('refuses %s and suggests %s', (name, suggestion) => {
    expect(problemOf({ [name]: 'hunter2' })).toBe(`${name} is not a setting; did you mean ${suggestion}?`);
  });

  test('refuses to read from a file what is not a secret', () => {
    expect(problemOf({ SWEEP_LIMIT_FILE: '/run/limit' })).toContain('only secrets are read from files');
  });

  test.each([
    ...['PLATFORM_SERVICE_HOST', 'PLATFORM_SERVICE_PORT', 'PLATFORM_SERVICE_PORT_HTTP', 'SWEEP_PORT'],
    ...['SWEEP_PORT_80_TCP_ADDR', 'DATABASE_PORT_5432_TCP', 'CONTROL_PLANE_SERVICE_PORT_HTTPS'],
  ])('leaves %s alone, which Kubernetes sets', (name) => expect(parse({ [name]: 'x' })).toEqual(parse()));

  test.each([
    ...['PATH', 'HOSTNAME', 'HOST_IP', 'PORT_RANGE', 'DOCKER_CONFIG', 'LOG_FORMAT', 'LOGLEVEL', 'INSTANCE_ID'],
    ...['ENVIRONMENT_ID', 'ALLOW_EMPTY_PASSWORD', 'ALLOWED_ORIGINS', 'TENANT_ID', 'BACKEND_URL', 'NODE_ENV'],
    ...['sweep_limits', 'MY_SWEEP_LIMIT', 'PLATFORMS', 'PGHOST'],
  ])('leaves %s alone, which is for others', (name) => expect(parse({ [name]: 'x' })).toEqual(parse()));
});

describe('secrets', () => {
  const SECRETS = [
    ...['DATABASE_URL', 'PLATFORM_DATABASE_URL', 'CONTROL_PLANE_SHARED_SECRET', 'CONTROL_PLANE_ADMIN_TOKEN'],
    'OIDC_CLIENT_SECRET',
    ...['NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET', 'NOTIFY_SLACK_URL', 'NOTIFY_PAGERDUTY_KEY'],
  ];

  test('are these nine', () => {
    expect(SETTING_NAMES.filter((name) => settingOf(name).secret)).toEqual(SECRETS);
  });

  test('come from files too, without the one newline at their end', () => {
    const files = {
      '/1': `${HOME}\n`,
      '/2': 'postgres://p/d',
      '/3': 'shared\r\n',
      '/4': 'admin\n',
      '/5': 'of the client\n',
    };
    const notify = { '/6': 'https://h/w\n', '/7': `${'x'.repeat(24)}\n`, '/8': 'https://h/s', '/9': 'K3Y\n' };
    const env = Object.fromEntries(SECRETS.map((name, index) => [`${name}_FILE`, `/${index + 1}`]));
    const config = parseWith(
      { ...files, ...notify },
      {
        ...env,
        ...{ CONTROL_PLANE_URL: CONTROL_PLANE, PUBLIC_URL: 'https://sweeper.example' },
        ...{ OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'sweeper' },
      },
    );
    expect(config).toMatchObject({
      home: { url: HOME },
      platform: { url: 'postgres://p/d' },
      backend: { sharedSecret: 'shared', adminToken: 'admin' },
      access: { oidc: { clientSecret: 'of the client' } },
      notify: {
        webhook: { url: 'https://h/w', secret: 'x'.repeat(24) },
        slack: { url: 'https://h/s' },
        pagerduty: { key: 'K3Y' },
      },
    });
    for (const name of SECRETS) {
      expect(viewOf(config, name)).toMatchObject({ value: null, source: 'file', secret: true, set: true });
    }
  });

  test.each(SECRETS)('refuses %s beside its own file', (name) => {
    const env = { [name]: 'postgres://h/d', [`${name}_FILE`]: '/s' };
    const { problems } = errorOf(() => parseWith({ '/s': 'postgres://h/d' }, { DATABASE_URL: HOME, ...env }));
    expect(problems).toEqual([`${name} and ${name}_FILE are both set; it must be one of them`]);
  });

  test('refuses a file that cannot be read or is empty, and names it', () => {
    expect(problemOf({ DATABASE_URL_FILE: '/none' })).toMatch(
      /^DATABASE_URL_FILE is "\/none", which cannot be read \(ENOENT: no such file or directory\); it must/,
    );
    for (const empty of ['', '\n']) {
      const { problems } = errorOf(() => parseWith({ '/e': empty }, { CONTROL_PLANE_ADMIN_TOKEN_FILE: '/e' }));
      expect(problems).toEqual(['CONTROL_PLANE_ADMIN_TOKEN_FILE is "/e", which is empty; it must hold the secret']);
    }
  });

  test('refuses a secret that was put where the path of its file belongs, without showing it', () => {
    for (const text of ['hunter2', HOME]) {
      const error = errorOf(() => parse({ DATABASE_URL_FILE: text }));
      expect(error.problems).toHaveLength(1);
      expect(error.message).toContain('DATABASE_URL_FILE is (not shown), which cannot be read');
      expect(`${error.message}${error.stack}`).not.toMatch(/hunter2|pw@/);
    }
  });

  test('refuses a second newline at the end of a file, and says where the secret came from', () => {
    const { problems } = errorOf(() => parseWith({ '/s': 'hunter2\n\n' }, { CONTROL_PLANE_SHARED_SECRET_FILE: '/s' }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('CONTROL_PLANE_SHARED_SECRET (from the file "/s") is (not shown); it must be');
  });

  test.each([
    ...['mysql://user:hunter2@h/d', 'postgres://user:hunt@er2@h:x/d', 'postgres://u:12/hunter2@h/d', 'hunter2'],
    ...[
      'postgres://u:1#hunter2@h/d',
      'postgres://u:1?hunter2@h',
      'postgres://user:hunter2',
      'mysql://h/d?password=hunter2',
    ],
    ...['mysql://hunter2@h/d', 'mysql://u:hunter2@h/d?password=hunter2', 'x\nhunter2', 'mysql://u:hunter2\n@h/d'],
  ])('are in no message: %j', (text) => {
    for (const name of ['DATABASE_URL', 'CONTROL_PLANE_URL', 'CONTROL_PLANE_SHARED_SECRET']) {
      const error = errorOf(() => parse({ [name]: `${text}\n` }));
      expect(`${error.message}${error.stack}${JSON.stringify(error.problems)}`).not.toMatch(/hunt|er2/);
      expect(error.problems[0]).toContain(name);
    }
    expect(problemOf({ RUNBOOK_URL: 'https://user:hunter2@wiki/{class}' })).not.toContain('hunter2');
    expect(problemOf({ DATABASE_PASSWORD: text })).not.toContain('hunter2');
  });

  test('are in no view of the settings, which all others are in', () => {
    const config = parse({
      ...{ DATABASE_URL: HOME, CONTROL_PLANE_URL: CONTROL_PLANE, CONTROL_PLANE_SHARED_SECRET: 'hunter2' },
      ...{ ALLOWED_HOSTS: 'a.example,b.example', SWEEP_LIMIT: '5' },
    });
    expect(JSON.stringify(config.settings)).not.toMatch(/hunter2|pw@|db\.example/);
    expect(config.settings.map((setting) => setting.name)).toEqual(SETTING_NAMES);
    expect(viewOf(config, 'CONTROL_PLANE_SHARED_SECRET')).toMatchObject({ value: null, secret: true, set: true });
    expect(viewOf(config, 'CONTROL_PLANE_ADMIN_TOKEN')).toMatchObject({ value: null, secret: true, set: false });
    expect(viewOf(config, 'CONTROL_PLANE_URL')).toMatchObject({ value: CONTROL_PLANE, source: 'environment' });
    expect(viewOf(config, 'ALLOWED_HOSTS')).toMatchObject({ value: 'a.example,b.example', set: true });
    expect(viewOf(config, 'SWEEP_CONCURRENCY')).toEqual({
      name: 'SWEEP_CONCURRENCY',
      value: 10,
      source: 'default',
      secret: false,
      set: true,
      meaning: 'How many instances are being stopped at once.',
      wants: 'a whole number from 1 to 100',
    });
  });
});
