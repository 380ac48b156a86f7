import { contradictions } from './contradictions.ts';
import type { EnvFile } from './env-file.ts';
import { type Environment, type Reading, readEnvironment, type Source } from './environment.ts';
import { SETTING_NAMES, type SettingName, settingOf, type Values } from './settings.ts';
import type { Role } from './sweep/outcome.ts';

export interface ControlPlaneConfig {
  readonly kind: 'control-plane';
  /** Without a slash at its end. */
  readonly url: string;
  readonly sharedSecret: string | null;
  readonly adminToken: string | null;
}

export interface DockerConfig {
  readonly kind: 'docker';
  /** null: Docker's own default. */
  readonly host: string | null;
  readonly tlsVerify: boolean;
  readonly certPath: string | null;
  readonly sweepUnknown: boolean;
  readonly unknownGraceMs: number;
}

export type BackendConfig = ControlPlaneConfig | DockerConfig;

export interface SweepConfig {
  readonly intervalMs: number;
  /** 0: nothing is stopped. */
  readonly limit: number;
  readonly concurrency: number;
  readonly stopTimeoutMs: number;
  /** Above `stopTimeoutMs`. */
  readonly deadlineMs: number;
  readonly graceMs: number;
  readonly surgeLimit: number | 'unlimited';
  /** 0: no second look. */
  readonly secondLookMs: number;
  readonly positiveControl: boolean;
  readonly dryRun: boolean;
}

/** How people prove who they are, and who may do what. */
export interface AccessConfig {
  /** Lower case, as Node has them; null: no proxy is believed. */
  readonly header: { readonly user: string; readonly groups: string | null } | null;
  readonly oidc: OidcConfig | null;
  readonly roles: Readonly<Record<Role, readonly string[]>>;
  readonly sessionMs: number;
}

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  /** null: a public client. */
  readonly clientSecret: string | null;
  readonly scopes: string;
  readonly rolesClaim: string;
  /** Under which people reach this server, without a slash at its end. */
  readonly publicUrl: string;
}

/** Where messages go; null: nothing does. */
export interface NotifyConfig {
  readonly webhook: { readonly url: string; readonly secret: string } | null;
  readonly slack: { readonly url: string } | null;
  readonly pagerduty: { readonly url: string; readonly key: string } | null;
}

/** One setting as `GET /api/config` shows it. */
export interface SettingView {
  readonly name: string;
  /** null when it is not set, and always for a secret. */
  readonly value: string | number | boolean | null;
  readonly source: Source;
  readonly secret: boolean;
  /** Whether it has a value, be it the default: for a secret all there is to see. */
  readonly set: boolean;
  readonly meaning: string;
  readonly wants: string;
}

export interface Config {
  readonly home: { readonly kind: 'url'; readonly url: string } | { readonly kind: 'embedded' };
  readonly platform: {
    /** null: the home database is the platform's too. */
    readonly url: string | null;
    readonly table: { readonly schema: string; readonly name: string };
  };
  readonly platformMovedFrom: string | null;
  /** null: nothing can be stopped; `disabledReason` says so. */
  readonly backend: BackendConfig | null;
  /** Why these settings stop nothing, to follow "Nothing is being stopped: "; null when they do not say so. */
  readonly disabledReason: string | null;
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Lower case, beside the names of this machine itself. */
    readonly allowedHosts: readonly string[];
    readonly allowAnonymous: boolean;
    /** An origin, without a slash at its end; null: not said. */
    readonly publicUrl: string | null;
    /** Addresses and ranges of the proxies whose headers are believed. */
    readonly trustedProxies: readonly string[];
  };
  /** null: nobody has to sign in. */
  readonly access: AccessConfig | null;
  readonly notify: NotifyConfig;
  readonly sweep: SweepConfig;
  readonly tenant: string;
  readonly environmentName: string | null;
  readonly runbookUrl: string | null;
  readonly instanceUrlTemplate: string | null;
  readonly logLevel: Values['LOG_LEVEL'];
  /** Every setting, for people: no secret is in it. */
  readonly settings: readonly SettingView[];
  /** What is allowed and better mended, a sentence each. */
  readonly warnings: readonly string[];
  /** The values of all that are secret, for whoever must not let them out. */
  readonly secrets: readonly string[];
}

/** The settings contradict themselves or the contract. Nothing may be started with them. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  /** One sentence each, without any secret. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], envFile: EnvFile | null = null) {
    const count = problems.length === 1 ? 'There is 1 mistake' : `There are ${problems.length} mistakes`;
    // Some mistakes are of several settings, and none of them says where each of these stands.
    const where = envFile === null ? '' : `, those of ${JSON.stringify(envFile.path)} included`;
    super(`${count} in the settings${where}:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * The settings of the whole process, from its environment and, below that, a `.env`. Pure but for `readFile`, which reads
 * the `…_FILE` secrets. Throws a ConfigError that lists every mistake.
 */
export function parseConfig(
  env: Environment,
  readFile: (path: string) => string,
  envFile: EnvFile | null = null,
): Config {
  const reading = readEnvironment(env, envFile, readFile);
  const problems = [...reading.problems, ...contradictions(reading)];
  if (problems.length > 0) throw new ConfigError(problems, envFile);

  const { values } = reading;
  const backend = backendConfig(values);
  return {
    home: values.DATABASE_URL === null ? { kind: 'embedded' } : { kind: 'url', url: values.DATABASE_URL },
    platform: { url: values.PLATFORM_DATABASE_URL, table: platformTable(values.PLATFORM_TABLE) },
    platformMovedFrom: values.PLATFORM_MOVED_FROM,
    backend,
    disabledReason: disabledReason(backend, values),
    http: {
      host: values.HOST,
      port: values.PORT,
      allowedHosts: (values.ALLOWED_HOSTS ?? []).map((name) => name.toLowerCase()),
      allowAnonymous: values.ALLOW_ANONYMOUS,
      publicUrl: publicOrigin(values),
      trustedProxies: values.TRUSTED_PROXY ?? [],
    },
    access: accessConfig(values),
    notify: notifyConfig(values),
    sweep: sweepConfig(values),
    tenant: values.TENANT,
    environmentName: values.ENVIRONMENT_NAME,
    runbookUrl: values.RUNBOOK_URL,
    instanceUrlTemplate: values.INSTANCE_URL_TEMPLATE,
    logLevel: values.LOG_LEVEL,
    settings: SETTING_NAMES.map((name) => settingView(name, reading)),
    warnings: envFile === null ? [] : warningsOf(envFile),
    secrets: SETTING_NAMES.flatMap((name) => (settingOf(name).secret ? textsIn(values[name]) : [])),
  };
}

function textsIn(value: Values[SettingName]): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? value : [];
}

function warningsOf({ path, values, openToOthers }: EnvFile): string[] {
  const secrets = SETTING_NAMES.filter((name) => settingOf(name).secret && values[name]);
  if (!openToOthers || secrets.length === 0) return [];
  const quoted = JSON.stringify(path);
  return [
    `The file ${quoted} holds ${secrets.join(', ')} and is open to other users of this machine; close it: chmod 600 ${quoted}`,
  ];
}

function backendConfig(values: Values): BackendConfig | null {
  if (values.BACKEND === 'docker') {
    return {
      kind: 'docker',
      host: values.DOCKER_HOST,
      tlsVerify: values.DOCKER_TLS_VERIFY !== null,
      certPath: values.DOCKER_CERT_PATH,
      sweepUnknown: values.DOCKER_SWEEP_UNKNOWN,
      unknownGraceMs: values.DOCKER_UNKNOWN_GRACE_SECONDS * 1000,
    };
  }
  if (values.CONTROL_PLANE_URL === null) return null;
  return {
    kind: 'control-plane',
    url: values.CONTROL_PLANE_URL.replace(/\/+$/, ''),
    sharedSecret: values.CONTROL_PLANE_SHARED_SECRET,
    adminToken: values.CONTROL_PLANE_ADMIN_TOKEN,
  };
}

function publicOrigin({ PUBLIC_URL }: Values): string | null {
  return PUBLIC_URL === null ? null : new URL(PUBLIC_URL).origin;
}

function accessConfig(values: Values): AccessConfig | null {
  const header = headerConfig(values);
  const oidc = oidcConfig(values);
  if (header === null && oidc === null) return null;
  const { ROLE_VIEWER: viewer, ROLE_OPERATOR: operator, ROLE_ADMIN: admin } = values;
  return { header, oidc, roles: { viewer, operator, admin }, sessionMs: values.SESSION_HOURS * 3_600_000 };
}

function headerConfig({ TRUSTED_USER_HEADER: user, TRUSTED_GROUPS_HEADER: groups }: Values): AccessConfig['header'] {
  return user === null ? null : { user: user.toLowerCase(), groups: groups?.toLowerCase() ?? null };
}

function oidcConfig(values: Values): OidcConfig | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = values;
  const publicUrl = publicOrigin(values);
  if (issuer === null || clientId === null || publicUrl === null) return null;
  return {
    issuer,
    clientId,
    clientSecret: values.OIDC_CLIENT_SECRET,
    scopes: values.OIDC_SCOPES,
    rolesClaim: values.OIDC_ROLES_CLAIM,
    publicUrl,
  };
}

function notifyConfig(values: Values): NotifyConfig {
  const { NOTIFY_WEBHOOK_URL: url, NOTIFY_WEBHOOK_SECRET: secret, NOTIFY_PAGERDUTY_KEY: key } = values;
  return {
    webhook: url === null || secret === null ? null : { url, secret },
    slack: values.NOTIFY_SLACK_URL === null ? null : { url: values.NOTIFY_SLACK_URL },
    pagerduty: key === null ? null : { url: values.NOTIFY_PAGERDUTY_URL, key },
  };
}

function disabledReason(backend: BackendConfig | null, values: Values): string | null {
  const reasons = [
    ...(backend === null ? ['no control plane is configured (set CONTROL_PLANE_URL and restart)'] : []),
    ...(values.SWEEP_LIMIT === 0 ? ['SWEEP_LIMIT is 0 (set it to 1 or more and restart)'] : []),
  ];
  return reasons.length === 0 ? null : reasons.join(', and ');
}

function platformTable(text: string): { schema: string; name: string } {
  const [first = '', second] = text.split('.');
  return second === undefined ? { schema: 'public', name: first } : { schema: first, name: second };
}

function sweepConfig(values: Values): SweepConfig {
  return {
    intervalMs: values.SWEEP_INTERVAL_SECONDS * 1000,
    limit: values.SWEEP_LIMIT,
    concurrency: values.SWEEP_CONCURRENCY,
    stopTimeoutMs: values.STOP_TIMEOUT_SECONDS * 1000,
    deadlineMs: values.SWEEP_DEADLINE_SECONDS * 1000,
    graceMs: values.SWEEP_GRACE_SECONDS * 1000,
    surgeLimit: values.SWEEP_SURGE_LIMIT,
    secondLookMs: values.SECOND_LOOK_SECONDS * 1000,
    positiveControl: values.POSITIVE_CONTROL,
    dryRun: values.SWEEP_DRY_RUN,
  };
}

function settingView(name: SettingName, { values, sources }: Reading): SettingView {
  const { secret = false, meaning, wants } = settingOf(name);
  const value = values[name];
  return {
    name,
    value: secret ? null : typeof value === 'object' ? (value?.join(',') ?? null) : value,
    source: sources.get(name) ?? 'default',
    secret,
    set: value !== null,
    meaning,
    wants,
  };
}
