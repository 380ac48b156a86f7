import Value from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { isSettingName, SETTING_NAMES, settingOf } from '../../server/settings.ts';
import { CONTROL_PLANE, errorOf, HOME, parse, problemOf, problemsOf, viewOf } from '../support/config.ts';

describe('the list of settings', () => {
  test('is the table of the contract', () => {
    expect(SETTING_NAMES).toEqual([
      ...['DATABASE_URL', 'PLATFORM_DATABASE_URL', 'PLATFORM_TABLE', 'EMBEDDED_DATABASE', 'PLATFORM_MOVED_FROM'],
      ...['BACKEND', 'CONTROL_PLANE_URL', 'CONTROL_PLANE_SHARED_SECRET', 'CONTROL_PLANE_ADMIN_TOKEN'],
      ...['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_SWEEP_UNKNOWN'],
      ...['DOCKER_UNKNOWN_GRACE_SECONDS', 'HOST', 'PORT', 'ALLOWED_HOSTS', 'ALLOW_ANONYMOUS'],
      ...['PUBLIC_URL', 'TRUSTED_USER_HEADER', 'TRUSTED_GROUPS_HEADER', 'TRUSTED_PROXY'],
      ...['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_SCOPES', 'OIDC_ROLES_CLAIM'],
      ...['ROLE_VIEWER', 'ROLE_OPERATOR', 'ROLE_ADMIN', 'SESSION_HOURS'],
      ...['SWEEP_INTERVAL_SECONDS', 'SWEEP_LIMIT', 'SWEEP_CONCURRENCY', 'STOP_TIMEOUT_SECONDS'],
      ...['SWEEP_DEADLINE_SECONDS', 'SWEEP_GRACE_SECONDS', 'SWEEP_SURGE_LIMIT', 'SECOND_LOOK_SECONDS'],
      ...['POSITIVE_CONTROL', 'SWEEP_DRY_RUN', 'TENANT', 'ENVIRONMENT_NAME', 'RUNBOOK_URL'],
      ...['INSTANCE_URL_TEMPLATE', 'NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET', 'NOTIFY_SLACK_URL'],
      ...['NOTIFY_PAGERDUTY_KEY', 'NOTIFY_PAGERDUTY_URL', 'LOG_LEVEL'],
    ]);
  });

  test.each(SETTING_NAMES)('%s has a default that fits its own schema, and words for a person', (name) => {
    const setting = settingOf(name);
    expect(Value.Check(setting.schema, setting.default)).toBe(true);
    if (setting.dockerDefault !== undefined) expect(Value.Check(setting.schema, setting.dockerDefault)).toBe(true);
    expect(setting.meaning).toMatch(/^[A-Z].*\.$/);
    expect(setting.wants).not.toBe('');
  });

  test('holds no name of the language itself', () => expect(isSettingName('constructor')).toBe(false));
});

describe('defaults', () => {
  test('an empty environment is a working installation that stops nothing, and says so', () => {
    const { settings, ...config } = parse();
    expect(settings).toHaveLength(SETTING_NAMES.length);
    expect(config).toEqual({
      home: { kind: 'embedded' },
      platform: { url: null, table: { schema: 'public', name: 'workspaces' } },
      platformMovedFrom: null,
      backend: null,
      disabledReason: 'no control plane is configured (set CONTROL_PLANE_URL and restart)',
      http: {
        ...{ host: '127.0.0.1', port: 8080, allowedHosts: [], allowAnonymous: false },
        ...{ publicUrl: null, trustedProxies: [] },
      },
      access: null,
      notify: { webhook: null, slack: null, pagerduty: null },
      sweep: {
        intervalMs: 60_000,
        limit: 100,
        concurrency: 10,
        stopTimeoutMs: 10_000,
        deadlineMs: 30_000,
        graceMs: 0,
        surgeLimit: 1000,
        secondLookMs: 300_000,
        positiveControl: true,
        dryRun: false,
      },
      tenant: 'default',
      environmentName: null,
      runbookUrl: null,
      instanceUrlTemplate: null,
      logLevel: 'info',
      warnings: [],
      secrets: [],
    });
  });

  test('an empty value is unset, as in a compose file', () => {
    const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, '']));
    expect(parse(empty)).toEqual(parse());
    expect(parse({ ...empty, DATABASE_URL_FILE: '', SWEEP_LIMITS: '' })).toEqual(parse());
  });

  test('everything that is set arrives where it belongs', () => {
    const { settings: _, ...config } = parse({
      DATABASE_URL: HOME,
      PLATFORM_DATABASE_URL: 'postgresql://reader@/app?host=/var/run/postgresql',
      PLATFORM_TABLE: 'App.Work_Spaces$1',
      PLATFORM_MOVED_FROM: 'db.old:5432/app public.workspaces',
      CONTROL_PLANE_URL: 'http://cp.example:8443/base/',
      CONTROL_PLANE_SHARED_SECRET: 'shared',
      CONTROL_PLANE_ADMIN_TOKEN: 'admin',
      ...{ HOST: '0.0.0.0', PORT: '9000', ALLOWED_HOSTS: 'Ops.example, 10.0.0.7', ALLOW_ANONYMOUS: 'true' },
      ...{ SWEEP_INTERVAL_SECONDS: '61', SWEEP_LIMIT: '99', SWEEP_CONCURRENCY: '9', STOP_TIMEOUT_SECONDS: '11' },
      ...{ SWEEP_DEADLINE_SECONDS: '31', SWEEP_GRACE_SECONDS: '7', SWEEP_SURGE_LIMIT: 'unlimited' },
      ...{ SECOND_LOOK_SECONDS: '8', POSITIVE_CONTROL: 'false', SWEEP_DRY_RUN: 'true' },
      ...{ TENANT: 'eu-1', ENVIRONMENT_NAME: 'Prod Köln', RUNBOOK_URL: 'https://wiki.example/leaks?class={class}#top' },
      ...{ INSTANCE_URL_TEMPLATE: 'https://aws.example/{instanceId}/{workspaceId}', LOG_LEVEL: 'trace' },
      ...{ PUBLIC_URL: 'https://ops.example/', NOTIFY_WEBHOOK_URL: 'https://hooks.example/in?to=us' },
      ...{ NOTIFY_WEBHOOK_SECRET: 'x'.repeat(24), NOTIFY_SLACK_URL: 'https://hooks.slack.example/services/T/B/x' },
      ...{ NOTIFY_PAGERDUTY_KEY: 'K3Y', NOTIFY_PAGERDUTY_URL: 'https://events.eu.pagerduty.com/v2/enqueue' },
    });
    expect(config).toEqual({
      home: { kind: 'url', url: HOME },
      platform: {
        url: 'postgresql://reader@/app?host=/var/run/postgresql',
        table: { schema: 'App', name: 'Work_Spaces$1' },
      },
      platformMovedFrom: 'db.old:5432/app public.workspaces',
      backend: {
        kind: 'control-plane',
        url: 'http://cp.example:8443/base',
        sharedSecret: 'shared',
        adminToken: 'admin',
      },
      disabledReason: null,
      http: {
        ...{ host: '0.0.0.0', port: 9000, allowedHosts: ['ops.example', '10.0.0.7'], allowAnonymous: true },
        ...{ publicUrl: 'https://ops.example', trustedProxies: [] },
      },
      access: null,
      notify: {
        webhook: { url: 'https://hooks.example/in?to=us', secret: 'x'.repeat(24) },
        slack: { url: 'https://hooks.slack.example/services/T/B/x' },
        pagerduty: { url: 'https://events.eu.pagerduty.com/v2/enqueue', key: 'K3Y' },
      },
      sweep: {
        intervalMs: 61_000,
        limit: 99,
        concurrency: 9,
        stopTimeoutMs: 11_000,
        deadlineMs: 31_000,
        graceMs: 7000,
        surgeLimit: 'unlimited',
        secondLookMs: 8000,
        positiveControl: false,
        dryRun: true,
      },
      tenant: 'eu-1',
      environmentName: 'Prod Köln',
      runbookUrl: 'https://wiki.example/leaks?class={class}#top',
      instanceUrlTemplate: 'https://aws.example/{instanceId}/{workspaceId}',
      logLevel: 'trace',
      warnings: [],
      secrets: [
        ...[HOME, 'postgresql://reader@/app?host=/var/run/postgresql', 'shared', 'admin'],
        ...['https://hooks.example/in?to=us', 'x'.repeat(24), 'https://hooks.slack.example/services/T/B/x', 'K3Y'],
      ],
    });
  });
});

describe('databases', () => {
  test('one DATABASE_URL is the home and the platform', () => {
    expect(parse({ DATABASE_URL: HOME })).toMatchObject({ home: { kind: 'url', url: HOME }, platform: { url: null } });
  });

  test('refuses a platform without a home, because several replicas would each have a memory of their own', () => {
    expect(problemOf({ PLATFORM_DATABASE_URL: HOME })).toMatch(/DATABASE_URL is not; .* a memory of their own/);
    expect(problemOf({ PLATFORM_DATABASE_URL: HOME, EMBEDDED_DATABASE: 'false' })).toContain('memory');
  });

  test('takes a platform beside an embedded home when asked to', () => {
    expect(parse({ PLATFORM_DATABASE_URL: HOME, EMBEDDED_DATABASE: 'true' })).toMatchObject({
      home: { kind: 'embedded' },
      platform: { url: HOME },
    });
  });

  test('refuses two homes', () => {
    expect(problemOf({ DATABASE_URL: HOME, EMBEDDED_DATABASE: 'true' })).toContain('one home database');
    expect(parse({ EMBEDDED_DATABASE: 'true' }).home).toEqual({ kind: 'embedded' });
  });
});

describe('the backend', () => {
  test('is the control plane when CONTROL_PLANE_URL is set, with BACKEND or without', () => {
    const expected = { kind: 'control-plane', url: CONTROL_PLANE, sharedSecret: null, adminToken: null };
    expect(parse({ CONTROL_PLANE_URL: CONTROL_PLANE }).backend).toEqual(expected);
    expect(parse({ CONTROL_PLANE_URL: CONTROL_PLANE, BACKEND: 'control-plane' }).backend).toEqual(expected);
    expect(parse({ CONTROL_PLANE_URL: CONTROL_PLANE }).disabledReason).toBeNull();
  });

  test('refuses BACKEND=control-plane without its URL', () => {
    expect(problemOf({ BACKEND: 'control-plane' })).toContain('CONTROL_PLANE_URL is not set');
  });

  test('refuses two backends, naming both', () => {
    const problems = problemsOf({ BACKEND: 'docker', CONTROL_PLANE_URL: CONTROL_PLANE });
    expect(problems[0]).toBe(
      'BACKEND is "docker" and CONTROL_PLANE_URL is set; there must be one backend, so unset one',
    );
  });

  test("reads Docker's own settings, and its own defaults", () => {
    const right = {
      ...{ BACKEND: 'docker', DOCKER_HOST: 'unix:///var/run/docker.sock', DOCKER_TLS_VERIFY: '0' },
      // Below Docker's own deadline of 60 s, above the other one of 30 s.
      ...{ DOCKER_CERT_PATH: '/certs', STOP_TIMEOUT_SECONDS: '59' },
    };
    expect(parse(right)).toMatchObject({
      backend: { kind: 'docker', host: 'unix:///var/run/docker.sock', tlsVerify: true, certPath: '/certs' },
      sweep: { stopTimeoutMs: 59_000, deadlineMs: 60_000 },
      disabledReason: null,
    });
    expect(problemsOf({ BACKEND: 'docker', SWEEP_DEADLINE_SECONDS: '30' })[0]).toContain('(30, its default)');
    expect(problemsOf({ BACKEND: 'docker', DOCKER_HOST: 'ssh://h', DOCKER_CERT_PATH: '\n' })).toHaveLength(2);
  });

  test("leaves Docker's own variables alone without BACKEND=docker", () => {
    const config = parse({ DOCKER_HOST: 'ssh://user@h', DOCKER_BUILDKIT: '1', DOCKER_TLS_VERIFY: '' });
    expect(config.backend).toBeNull();
    expect(viewOf(config, 'DOCKER_HOST')).toMatchObject({ value: null, source: 'default' });
  });

  test('a limit of 0 stops nothing, and says so beside a missing backend too', () => {
    const zero = 'SWEEP_LIMIT is 0 (set it to 1 or more and restart)';
    expect(parse({ SWEEP_LIMIT: '0', CONTROL_PLANE_URL: CONTROL_PLANE }).disabledReason).toBe(zero);
    expect(parse({ SWEEP_LIMIT: '0' }).disabledReason).toMatch(/^no control plane .*, and SWEEP_LIMIT is 0/);
  });
});

describe('who can reach it', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost'])(
    'listens on %s without a word',
    (host) => expect(parse({ HOST: host }).http).toMatchObject({ host, allowAnonymous: false }),
  );

  test.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '126.0.0.1',
    '128.0.0.1',
    '::ffff:10.0.0.1',
    'sweeper',
    'localhost.example',
    '127.1',
  ])('refuses to listen on %s, unless ALLOW_ANONYMOUS=true', (host) => {
    expect(problemOf({ HOST: host })).toContain('ALLOW_ANONYMOUS=true');
    expect(problemOf({ HOST: host, ALLOW_ANONYMOUS: 'false' })).toContain(`HOST is "${host}"`);
    expect(parse({ HOST: host, ALLOW_ANONYMOUS: 'true' }).http).toMatchObject({ host, allowAnonymous: true });
  });
});

describe('where messages go', () => {
  const WEBHOOK = { NOTIFY_WEBHOOK_URL: 'https://hooks.example/in' };
  const SECRET = { NOTIFY_WEBHOOK_SECRET: 'x'.repeat(24) };

  test('refuses a webhook that nobody could tell from anybody else, and a secret that signs nothing', () => {
    expect(problemOf(WEBHOOK)).toMatch(
      /^NOTIFY_WEBHOOK_URL is set and NOTIFY_WEBHOOK_SECRET is not; NOTIFY_WEBHOOK_SECRET must/,
    );
    expect(problemOf(SECRET)).toMatch(/^NOTIFY_WEBHOOK_SECRET is set and NOTIFY_WEBHOOK_URL is not/);
    expect(problemOf({ NOTIFY_PAGERDUTY_URL: 'https://pd.example/' })).toContain(
      'NOTIFY_PAGERDUTY_KEY must be set too',
    );
  });

  test('a wrong one accuses no other, and is not shown', () => {
    expect(problemOf({ ...WEBHOOK, NOTIFY_WEBHOOK_SECRET: 'hunter2' })).toMatch(
      /^NOTIFY_WEBHOOK_SECRET is \(not shown\); it must be whsec_/,
    );
    expect(problemOf({ ...SECRET, NOTIFY_WEBHOOK_URL: 'hooks/hunter2' })).toMatch(
      /^NOTIFY_WEBHOOK_URL is \(not shown\)/,
    );
    expect(problemOf({ NOTIFY_SLACK_URL: 'https://u:hunter2@h' })).toMatch(/^NOTIFY_SLACK_URL is \(not shown\)/);
    expect(problemOf({ NOTIFY_PAGERDUTY_KEY: 'hunter 2' })).toMatch(/^NOTIFY_PAGERDUTY_KEY is \(not shown\)/);
  });

  test.each([24, 25, 26, 32, 64])('takes a whsec_ secret of %i bytes', (bytes) => {
    const secret = `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
    expect(parse({ ...WEBHOOK, NOTIFY_WEBHOOK_SECRET: secret }).notify.webhook).toMatchObject({ secret });
  });

  test.each([
    ...['x'.repeat(23), 'x'.repeat(201), `${'x'.repeat(30)} x`, 'whsec_', `whsec_${'x'.repeat(33)}`, 'ü'.repeat(30)],
    ...[23, 65].map((bytes) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`),
  ])('refuses %j to sign with', (secret) => {
    expect(problemOf({ ...WEBHOOK, NOTIFY_WEBHOOK_SECRET: secret })).toContain('NOTIFY_WEBHOOK_SECRET');
  });
});

describe('several mistakes', () => {
  const env = {
    ...{ BACKEND: 'docker', CONTROL_PLANE_URL: 'cp', HOST: '0.0.0.0', PORT: 'http', SWEEP_LIMITS: '3' },
    ...{ SWEEP_DRY_RUN: 'yes', STOP_TIMEOUT_SECONDS: '30', PLATFORM_DATABASE_URL: 'mysql://h', LOG_LEVEL: 'loud' },
    SWEEP_DEADLINE_SECONDS: '30',
  };

  test('are all told at once, one sentence each', () => {
    const error = errorOf(() => parse(env));
    expect(error.code).toBe('config_invalid');
    expect(error.problems).toHaveLength(10);
    expect(error.message.split('\n')).toEqual([
      'There are 10 mistakes in the settings:',
      ...error.problems.map((problem) => `- ${problem}`),
    ]);
  });

  test('a wrong value accuses no other setting', () => {
    expect(problemOf({ STOP_TIMEOUT_SECONDS: 'x', SWEEP_DEADLINE_SECONDS: '5' })).toContain('STOP_TIMEOUT_SECONDS');
    expect(problemOf({ BACKEND: 'control-plane', CONTROL_PLANE_URL: 'cp' })).toContain('CONTROL_PLANE_URL is (');
    expect(problemOf({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'yes' })).toContain('ALLOW_ANONYMOUS is "yes"');
    expect(problemOf({ DATABASE_URL: 'x', PLATFORM_DATABASE_URL: HOME })).toContain('DATABASE_URL is ');
    expect(problemOf({ EMBEDDED_DATABASE: 'x', PLATFORM_DATABASE_URL: HOME })).toContain('EMBEDDED_DATABASE is "x"');
  });

  test('one mistake is not called several', () => {
    expect(errorOf(() => parse({ PORT: 'x' })).message).toMatch(/^There is 1 mistake in the settings:\n- PORT is "x"/);
  });
});
