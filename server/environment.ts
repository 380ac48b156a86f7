import Value from 'typebox/value';
import type { EnvFile } from './env-file.ts';
import { isSettingName, SETTING_NAMES, type SettingName, settingOf, type Values } from './settings.ts';
import { NOT_SHOWN } from './urls.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** Where a value came from. `file`: the one that a `…_FILE` names, whoever named it. */
export type Source = 'default' | 'environment' | '.env' | 'file';

/** What the environment and the file under it say, setting by setting, and everything that is wrong with them. */
export interface Reading {
  /** Where a setting is wrong, its default. */
  readonly values: Values;
  readonly sources: ReadonlyMap<SettingName, Source>;
  /** Said, but wrongly: no other mistake may be derived from their values. */
  readonly wrong: ReadonlySet<SettingName>;
  readonly problems: readonly string[];
}

/** Settings and their `…_FILE` forms. Every other name that begins with one of these is a mistake. */
const OWN_PREFIXES = [
  ...['DATABASE_', 'PLATFORM_', 'EMBEDDED_', 'CONTROL_PLANE_', 'SWEEP_', 'STOP_', 'SECOND_LOOK_', 'POSITIVE_'],
  ...['RUNBOOK_', 'INSTANCE_URL_', 'OIDC_', 'NOTIFY_'],
];
/** Words that other programs in the same environment use as well: here only what nearly is a setting of ours. */
const SHARED_PREFIXES = [
  ...['ALLOW_', 'ALLOWED_', 'ENVIRONMENT_', 'INSTANCE_', 'LOG_'],
  ...['PUBLIC_', 'TRUSTED_', 'ROLE_', 'SESSION_'],
];
const NEARLY = 2;
/** Kubernetes sets these for every service of the namespace, so a service called `platform` sets PLATFORM_PORT. */
const KUBERNETES_NAME = /_SERVICE_HOST$|_SERVICE_PORT|_PORT$|_PORT_/;

/**
 * An empty value counts as unset: `NAME=` and `NAME: ${NAME:-}` in a compose file mean "none", and no setting has a
 * use for the empty text.
 */
const given = (env: Environment, name: string): string | null => env[name] || null;

/** Compose reads these in a `.env`, for itself: it may lie beside a compose.yaml. */
const COMPOSE_NAME = /^COMPOSE_/;

/** Reads every setting. `readFile` throws when it cannot. */
export function readEnvironment(
  env: Environment,
  envFile: EnvFile | null,
  readFile: (path: string) => string,
): Reading {
  const said = sayTogether(env, envFile);
  const values: Record<string, unknown> = {};
  const sources = new Map<SettingName, Source>();
  const wrong = new Set<SettingName>();
  const problems: string[] = [];
  const docker = said.env['BACKEND'] === 'docker';

  for (const name of SETTING_NAMES) {
    const setting = settingOf(name);
    const unset = docker && setting.dockerDefault !== undefined ? setting.dockerDefault : setting.default;
    const found = setting.dockerOnly && !docker ? null : readOne(said, name, readFile);
    values[name] = found !== null && 'value' in found ? found.value : unset;
    sources.set(name, found?.source ?? 'default');
    if (found !== null && 'problem' in found) {
      wrong.add(name);
      problems.push(found.problem);
    }
  }
  problems.push(...unknownNames(env), ...(envFile === null ? [] : mistakesOf(envFile)));
  if (!isComplete(values)) throw new Error('a default in the table of settings does not fit its own schema');
  return { values, sources, wrong, problems };
}

function isComplete(values: Readonly<Record<string, unknown>>): values is Values {
  return SETTING_NAMES.every((name) => Value.Check(settingOf(name).schema, values[name]));
}

/** The environment, and below it what a file says. */
interface Said {
  readonly env: Environment;
  readonly envFile: EnvFile | null;
  /** The names that only the file has. */
  readonly inFile: ReadonlySet<string>;
}

/**
 * Whatever the environment names, in either form and even as nothing, is the environment's: `CONTROL_PLANE_URL= npm start`
 * is without a control plane, whatever the file says.
 */
function sayTogether(env: Environment, envFile: EnvFile | null): Said {
  const named = (name: string) => env[name] !== undefined;
  const below = Object.entries(envFile?.values ?? {}).filter(([name]) => {
    const plain = name.replace(/_FILE$/, '');
    return !named(plain) && !named(`${plain}_FILE`);
  });
  return { env: { ...env, ...Object.fromEntries(below) }, envFile, inFile: new Set(below.map(([name]) => name)) };
}

type Found = { readonly source: Source } & ({ readonly value: unknown } | { readonly problem: string });

function readOne(said: Said, name: SettingName, readFile: (path: string) => string): Found | null {
  const { env } = said;
  const direct = given(env, name);
  const path = settingOf(name).secret ? given(env, `${name}_FILE`) : null;
  const inFile = said.inFile.has(path === null ? name : `${name}_FILE`);
  const where = inFile && said.envFile !== null ? fromFile(said.envFile.path) : '';
  const source = inFile ? '.env' : 'environment';
  if (path === null) return direct === null ? null : { source, ...judge(name, direct, where) };
  if (direct !== null) {
    return { source, problem: `${name} and ${name}_FILE${where} are both set; it must be one of them` };
  }
  const from = `${name}_FILE${where} is ${quotePath(path)}`;
  let content: string;
  try {
    content = readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    return { source: 'file', problem: `${from}, which cannot be read (${reasonOf(error)}); it must be a file's path` };
  }
  if (content === '') return { source: 'file', problem: `${from}, which is empty; it must hold the secret` };
  return { source: 'file', ...judge(name, content, fromFile(path)) };
}

const fromFile = (path: string): string => ` (from the file ${quotePath(path)})`;

/** What does not look like a path is the secret itself, put into the wrong one of its two variables. */
function quotePath(path: string): string {
  return /^(\.{0,2}\/|[A-Za-z]:\\)/.test(path) ? JSON.stringify(path) : NOT_SHOWN;
}

/** Without the path, with which Node ends its messages. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*'$/s, '') : 'for no stated reason';
}

function judge(name: SettingName, text: string, from: string): { value: unknown } | { problem: string } {
  const { schema, wants } = settingOf(name);
  const value = readings(text).find((reading) => Value.Check(schema, reading));
  return value === undefined ? { problem: `${name}${from} is ${quote(name, text)}; it must be ${wants}` } : { value };
}

/** What a text can mean, in exact forms only: `010`, `0x10`, `1e3`, `+5`, ` 5`, `5.0`, `TRUE` and `yes` are just text. */
function readings(text: string): unknown[] {
  return [
    text,
    ...(/^(0|[1-9][0-9]*)$/.test(text) ? [Number(text)] : []),
    ...(text === 'true' || text === 'false' ? [text === 'true'] : []),
    text.split(',').map((item) => item.trim()),
  ];
}

function quote(name: SettingName, text: string): string {
  const shown = settingOf(name).shown?.(text) ?? text;
  return shown === NOT_SHOWN ? shown : JSON.stringify(shown.length > 120 ? `${shown.slice(0, 120)}…` : shown);
}

/** Every name that is read, where Docker's own are read at all. */
const namesRead = (docker: boolean): string[] =>
  SETTING_NAMES.filter((name) => docker || !settingOf(name).dockerOnly).flatMap((name) =>
    settingOf(name).secret ? [name, `${name}_FILE`] : [name],
  );

/** The names in an environment that are meant for this program: what it would read, and what it would refuse. */
export function settingNamesIn(env: Environment): string[] {
  const read = namesRead(env['BACKEND'] === 'docker');
  return Object.keys(env)
    .filter((name) => given(env, name) !== null && (read.includes(name) || isOurs(name)))
    .sort();
}

/** A setting that is misspelled would silently not apply. Their values are never shown: they could be secrets. */
function unknownNames(env: Environment): string[] {
  const known = namesRead(true);
  return settingNamesIn(env)
    .filter((name) => !known.includes(name))
    .map((name) => notASetting(name, '', known));
}

/**
 * The file is for this program alone, so a name that it does not know is a mistake whatever it begins with: SWEP_DRY_RUN
 * would not apply, and no other program would read what is meant for it.
 */
function mistakesOf({ path, values, problems }: EnvFile): string[] {
  const known = namesRead(true);
  const unknown = Object.keys(values).filter((name) => !known.includes(name) && !COMPOSE_NAME.test(name));
  return [
    ...problems,
    ...unknown.map((name) => {
      const nearly = isOurs(name) || known.some((setting) => editDistance(name, setting) <= NEARLY);
      return nearly
        ? notASetting(name, fromFile(path), known)
        : `${name}${fromFile(path)} is not a setting, and nothing else is read from there; it must be set in the environment`;
    }),
  ];
}

function notASetting(name: string, where: string, known: readonly string[]): string {
  const quoted = `${/^\w+$/.test(name) ? name : JSON.stringify(name)}${where}`;
  const plain = name.replace(/_FILE$/, '');
  return isSettingName(plain)
    ? `${quoted} is not a setting: only secrets are read from files; did you mean ${plain}?`
    : `${quoted} is not a setting; did you mean ${nearestOf(name, known)}?`;
}

function isOurs(name: string): boolean {
  if (KUBERNETES_NAME.test(name)) return false;
  if (OWN_PREFIXES.some((prefix) => name.startsWith(prefix))) return true;
  return (
    SHARED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    SETTING_NAMES.some((setting) => editDistance(name, setting) <= NEARLY)
  );
}

/** A name with words left out (SWEEP_INTERVAL) is nearer than any with other letters. */
function nearestOf(name: string, known: readonly string[]): string | undefined {
  const words = name.split('_');
  const distance = (candidate: string) =>
    words.every((word) => candidate.split('_').includes(word)) ? 0 : editDistance(name, candidate);
  return [...known].sort((one, other) => distance(one) - distance(other))[0];
}

/** Levenshtein: how many characters must be inserted, deleted or replaced. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
