import { isIP } from 'node:net';
import Type, { type Static, type TSchema } from 'typebox';
import { BACKEND_KINDS } from './sweep/outcome.ts';
import {
  isAddressRange,
  isBaseUrl,
  isIssuer,
  isOrigin,
  isPostgresUrl,
  isTargetUrl,
  isUrlTemplate,
  maskUrl,
  maskUserInfo,
  NOT_SHOWN,
} from './urls.ts';

/**
 * Every setting, each declared once: its type and range (the schema), its default, and the words for it. The parser,
 * the error messages and the console's page of settings all read this table.
 */
export interface Setting {
  readonly schema: TSchema;
  /** What it is when the environment does not say; null: nothing. Fits the schema. */
  readonly default: unknown;
  /** Its default under BACKEND=docker, where that differs. */
  readonly dockerDefault?: unknown;
  /** Its value is never shown, and can come from a file named by `…_FILE`. */
  readonly secret?: true;
  /** Read under BACKEND=docker only: these are Docker's own names, and many machines have them set for other ends. */
  readonly dockerOnly?: true;
  /** How a wrong value is shown, where it could hold a credential; the console shows the right ones as they are. */
  readonly shown?: (text: string) => string;
  /** One sentence for the console. */
  readonly meaning: string;
  /** What is allowed, to follow the words "must be". */
  readonly wants: string;
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const whole = (minimum: number, maximum: number) => ({
  schema: Type.Integer({ minimum, maximum }),
  wants: `a whole number from ${minimum} to ${maximum}`,
});
const flag = { schema: Type.Boolean(), wants: 'true or false' };
const optional = <S extends TSchema>(of: { readonly schema: S; readonly wants: string }) => ({
  schema: Type.Union([of.schema, Type.Null()]),
  wants: of.wants,
  default: null,
});
const text = (pattern: RegExp, maxLength: number, wants: string) => ({
  schema: Type.Refine(Type.String({ maxLength }), (value) => pattern.test(value)),
  wants,
});
const textThat = (holds: (value: string) => boolean, wants: string) => ({
  schema: Type.Refine(Type.String({ maxLength: 2000 }), holds),
  wants,
});

/** First and last character not a space: whoever compares or sends it would lose that. */
const PRINTABLE = /^(?!\p{Z})[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+(?<!\p{Z})$/u;
/** Goes into an HTTP header: printable latin-1, and header values lose their outer spaces on the way. */
const HEADER_TEXT = /^(?![ \u00a0])[\u0020-\u007e\u00a0-\u00ff]+(?<![ \u00a0])$/;
const IDENTIFIER = '[A-Za-z_][A-Za-z0-9_$]{0,62}';
const HOST_NAME = '[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?';

const postgresUrl = {
  secret: true,
  shown: maskUrl,
  ...optional(
    textThat(
      isPostgresUrl,
      'a postgres:// or postgresql:// URL with one host and no fragment, special characters in the password percent-encoded',
    ),
  ),
} as const;
const secretText = {
  secret: true,
  shown: () => NOT_SHOWN,
  ...optional(
    text(HEADER_TEXT, 8192, 'printable latin-1 text without a space at either end: it is sent in an HTTP header'),
  ),
} as const;
const words = (pattern: string, wants: string) => ({
  schema: Type.Array(Type.String({ pattern, maxLength: 253 }), { minItems: 1, maxItems: 100 }),
  wants,
});
const HEADER_NAME = '[A-Za-z][A-Za-z0-9-]*';
const headerName = optional(text(new RegExp(`^${HEADER_NAME}$`), 100, 'the name of a header, as X-Forwarded-User'));
const roleNames = {
  ...words('^[^\\p{Cc}]*\\S[^\\p{Cc}]*$', 'names with commas between them, or * for everybody who is signed in'),
};
/** A URL that itself lets whoever knows it send messages. */
const secretUrl = {
  secret: true,
  shown: () => NOT_SHOWN,
  ...optional(textThat(isTargetUrl, 'an http:// or https:// URL without a user, a password or a fragment')),
} as const;
/** As Standard Webhooks writes them, or plain: a signature is worth as much as its secret is hard to guess. */
const isSigningSecret = (value: string) => {
  if (!value.startsWith('whsec_')) return /^[!-~]{24,200}$/.test(value);
  const encoded = value.slice('whsec_'.length);
  const key = Buffer.from(encoded, 'base64');
  return key.toString('base64') === encoded && key.length >= 24 && key.length <= 64;
};
const linkWith = (...names: string[]) => ({
  shown: maskUserInfo,
  ...optional(
    textThat(
      (value) => isUrlTemplate(value, names),
      `an http:// or https:// URL without credentials; placeholders only behind the host, and only ${names.map((name) => `{${name}}`).join(' and ')}`,
    ),
  ),
});

export const SETTINGS = {
  DATABASE_URL: {
    ...postgresUrl,
    meaning: 'Where Orphan Sweeper keeps its own data; unset: an embedded PostgreSQL.',
  },
  PLATFORM_DATABASE_URL: {
    ...postgresUrl,
    meaning: "The platform's database, if it is not the one of DATABASE_URL.",
  },
  PLATFORM_TABLE: {
    ...text(
      new RegExp(`^(${IDENTIFIER}\\.)?${IDENTIFIER}$`),
      127,
      'name or schema.name, each a plain identifier of at most 63 bytes, upper and lower case as in the database',
    ),
    default: 'public.workspaces',
    meaning: "The platform's table of workspaces.",
  },
  EMBEDDED_DATABASE: {
    ...flag,
    default: false,
    meaning: 'Allows the embedded database beside a PLATFORM_DATABASE_URL: for one replica only.',
  },
  PLATFORM_MOVED_FROM: {
    ...optional(text(PRINTABLE, 500, 'the old fingerprint, exactly as it was shown')),
    meaning: "The fingerprint of the platform's database before it moved.",
  },
  BACKEND: {
    ...optional({ schema: Type.Enum(BACKEND_KINDS), wants: BACKEND_KINDS.join(' or ') }),
    meaning: 'What stops instances; unset: the control plane if CONTROL_PLANE_URL is set, else nothing.',
  },
  CONTROL_PLANE_URL: {
    ...optional(
      textThat(
        isBaseUrl,
        'an http:// or https:// URL without credentials (they go into CONTROL_PLANE_SHARED_SECRET and CONTROL_PLANE_ADMIN_TOKEN), query or fragment',
      ),
    ),
    shown: maskUrl,
    meaning: 'The control plane that is asked to stop instances; /cp/… is appended.',
  },
  CONTROL_PLANE_SHARED_SECRET: { ...secretText, meaning: 'Sent to the control plane as a Bearer token.' },
  CONTROL_PLANE_ADMIN_TOKEN: {
    ...secretText,
    meaning: 'Sent to the control plane as X-Molecule-Admin-Token.',
  },
  DOCKER_HOST: {
    ...optional(
      text(
        new RegExp(`^(unix:///\\S+|tcp://(${HOST_NAME}|\\[[0-9a-fA-F:.]+\\])(:[0-9]{1,5})?/?)$`),
        500,
        'unix:///path or tcp://host:port',
      ),
    ),
    dockerOnly: true,
    meaning: "Where the Docker daemon listens; unset: Docker's own default.",
  },
  DOCKER_TLS_VERIFY: {
    ...optional(text(PRINTABLE, 100, 'any text: as in Docker itself, anything but nothing switches it on')),
    dockerOnly: true,
    meaning: 'Speak TLS to the Docker daemon and verify it.',
  },
  DOCKER_CERT_PATH: {
    ...optional(text(PRINTABLE, 4096, 'the path of a folder')),
    dockerOnly: true,
    meaning: 'The folder with ca.pem, cert.pem and key.pem for the Docker daemon.',
  },
  DOCKER_SWEEP_UNKNOWN: {
    ...flag,
    default: false,
    meaning: 'Also stop managed containers whose workspace has no row at all.',
  },
  DOCKER_UNKNOWN_GRACE_SECONDS: {
    ...whole(60, 86_400),
    default: 600,
    meaning: 'How far apart two looks must both miss the row of such a container.',
  },
  HOST: {
    ...textThat(
      (host) => isIP(host) !== 0 || (host.length <= 253 && new RegExp(`^${HOST_NAME}$`).test(host)),
      'an IP address or a host name, without a port',
    ),
    default: '127.0.0.1',
    meaning: 'The address the console and the API listen on.',
  },
  PORT: {
    ...whole(0, 65_535),
    default: 8080,
    meaning: 'The port the console and the API listen on; 0: any that is free.',
  },
  ALLOWED_HOSTS: {
    ...optional({
      schema: Type.Array(Type.String({ pattern: `^${HOST_NAME}$`, maxLength: 253 }), { minItems: 1, maxItems: 100 }),
      wants: 'host names with commas between them, without scheme, port or *',
    }),
    meaning: 'More names under which browsers may reach this server.',
  },
  ALLOW_ANONYMOUS: {
    ...flag,
    default: false,
    meaning: 'Listen on more than this machine although nobody has to sign in.',
  },
  PUBLIC_URL: {
    ...optional(
      textThat(
        isOrigin,
        'an http:// or https:// URL without credentials, path, query or fragment: the console lies at /',
      ),
    ),
    meaning: 'Under which address people reach the console: for links, sign-in, and as the origin of changes.',
  },
  TRUSTED_USER_HEADER: {
    ...headerName,
    meaning: 'The header in which a proxy in front of this server says who is signed in.',
  },
  TRUSTED_GROUPS_HEADER: {
    ...headerName,
    meaning: 'The header in which that proxy names their groups, with commas between them.',
  },
  TRUSTED_PROXY: {
    ...optional({
      schema: Type.Refine(
        Type.Array(Type.String({ maxLength: 60 }), { minItems: 1, maxItems: 100 }),
        (value) => Array.isArray(value) && value.every((one) => typeof one === 'string' && isAddressRange(one)),
      ),
      wants: 'IP addresses or ranges (10.0.0.0/8) with commas between them',
    }),
    meaning: 'From where these headers are believed; from anybody else they are refused.',
  },
  OIDC_ISSUER: {
    ...optional(textThat(isIssuer, 'an https:// URL without credentials, query or fragment (http:// on this machine)')),
    meaning: 'The OpenID provider that people sign in with.',
  },
  OIDC_CLIENT_ID: {
    ...optional(text(PRINTABLE, 500, '1 to 500 printable characters')),
    meaning: 'As what this server is registered there.',
  },
  OIDC_CLIENT_SECRET: { ...secretText, meaning: 'Its secret there; unset: a public client, with PKCE alone.' },
  OIDC_SCOPES: {
    ...text(/^openid( [!#-[\]-~]+)*$/, 500, 'openid and more scopes, with one space between them'),
    default: 'openid profile email',
    meaning: 'What is asked of the provider.',
  },
  OIDC_ROLES_CLAIM: {
    ...text(PRINTABLE, 200, '1 to 200 printable characters'),
    default: 'roles',
    meaning: 'The claim that names the groups or roles of a person.',
  },
  ROLE_VIEWER: { ...roleNames, default: ['viewer'], meaning: 'Whose groups may look.' },
  ROLE_OPERATOR: {
    ...roleNames,
    default: ['operator'],
    meaning: 'Whose groups may also sweep, hold, pause and acknowledge.',
  },
  ROLE_ADMIN: {
    ...roleNames,
    default: ['admin'],
    meaning: 'Whose groups may also release the brake and give out API tokens.',
  },
  SESSION_HOURS: { ...whole(1, 168), default: 12, meaning: 'After how long somebody has to sign in again.' },
  SWEEP_INTERVAL_SECONDS: { ...whole(1, 3600), default: 60, meaning: 'The time from one sweep to the next.' },
  SWEEP_LIMIT: {
    ...whole(0, 10_000),
    default: 100,
    meaning: 'The most orphans that one sweep tries; 0: nothing is stopped.',
  },
  SWEEP_CONCURRENCY: { ...whole(1, 100), default: 10, meaning: 'How many instances are being stopped at once.' },
  STOP_TIMEOUT_SECONDS: {
    ...whole(1, 300),
    default: 10,
    dockerDefault: 30,
    meaning: 'How long one Stop may take.',
  },
  SWEEP_DEADLINE_SECONDS: {
    ...whole(1, 300),
    default: 30,
    dockerDefault: 60,
    meaning: 'How long one sweep may take; above STOP_TIMEOUT_SECONDS.',
  },
  SWEEP_GRACE_SECONDS: {
    ...whole(0, 86_400),
    default: 0,
    meaning: 'How long an orphan is left alone after it was first seen, in every sweep; 0: not at all.',
  },
  SWEEP_SURGE_LIMIT: {
    schema: Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Literal('unlimited')]),
    wants: 'a whole number from 0 to 1000000, or unlimited',
    default: 1000,
    meaning: 'The most workspaces you delete in ten minutes: more new orphans latch the safety brake.',
  },
  SECOND_LOOK_SECONDS: {
    ...whole(0, 86_400),
    default: 300,
    meaning: 'When to ask, after a Stop, whether the instance is really gone; 0: never.',
  },
  POSITIVE_CONTROL: {
    ...flag,
    default: true,
    meaning: "Before stopping anything, ask whether the control plane knows this platform's live instances.",
  },
  SWEEP_DRY_RUN: { ...flag, default: false, meaning: 'Only show what would be stopped, in every sweep.' },
  TENANT: {
    ...text(/^[A-Za-z0-9._-]+$/, 63, '1 to 63 of letters, digits, dots, dashes and underscores'),
    default: 'default',
    meaning: 'The name of this platform and backend among the installations that share a home database.',
  },
  ENVIRONMENT_NAME: {
    ...optional(text(PRINTABLE, 40, '1 to 40 printable characters without a space at either end')),
    meaning: 'Shown on every page, so that nobody takes production for something else.',
  },
  RUNBOOK_URL: { ...linkWith('class'), meaning: 'Your runbook; {class} becomes the class of the failure.' },
  INSTANCE_URL_TEMPLATE: {
    ...linkWith('instanceId', 'workspaceId'),
    meaning: "A link to an instance in your cloud's own console.",
  },
  NOTIFY_WEBHOOK_URL: {
    ...secretUrl,
    meaning: 'Where a signed JSON message goes when something needs a person, and when that is over.',
  },
  NOTIFY_WEBHOOK_SECRET: {
    secret: true,
    shown: () => NOT_SHOWN,
    ...optional(
      textThat(
        isSigningSecret,
        'whsec_ and the base64 form of 24 to 64 bytes, or 24 to 200 printable ASCII characters without a space',
      ),
    ),
    meaning: 'Signs what goes to NOTIFY_WEBHOOK_URL, as Standard Webhooks says.',
  },
  NOTIFY_SLACK_URL: { ...secretUrl, meaning: 'An incoming webhook of Slack for the same messages.' },
  NOTIFY_PAGERDUTY_KEY: {
    secret: true,
    shown: () => NOT_SHOWN,
    ...optional(text(/^[A-Za-z0-9]+$/, 64, 'the integration key of a PagerDuty service: 1 to 64 letters and digits')),
    meaning: 'Opens and resolves incidents in PagerDuty (Events API v2) for the same.',
  },
  NOTIFY_PAGERDUTY_URL: {
    ...textThat(isBaseUrl, 'an http:// or https:// URL without credentials, query or fragment'),
    shown: maskUrl,
    default: 'https://events.pagerduty.com/v2/enqueue',
    meaning: 'Where PagerDuty takes events; in its EU region https://events.eu.pagerduty.com/v2/enqueue.',
  },
  LOG_LEVEL: {
    schema: Type.Enum(LOG_LEVELS),
    wants: `one of ${LOG_LEVELS.join(', ')}`,
    default: 'info',
    meaning: 'The least important lines that are logged.',
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof SETTINGS;
export type Values = { readonly [Name in SettingName]: Static<(typeof SETTINGS)[Name]['schema']> };

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS).filter(isSettingName);

/** The declaration of a setting, with the optional parts that not every one of them has. */
export const settingOf = (name: SettingName): Setting => SETTINGS[name];
