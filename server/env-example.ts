import { SETTING_NAMES, type SettingName, settingOf } from './settings.ts';

/** What belongs together, by how the names begin. The first that fits has it, and the last has all others. */
const GROUPS = [
  { title: 'The databases', begins: ['DATABASE_', 'PLATFORM_', 'EMBEDDED_'] },
  { title: 'What stops instances', begins: ['BACKEND', 'CONTROL_PLANE_', 'DOCKER_'] },
  {
    title: 'Where it listens, and who may use it',
    begins: ['HOST', 'PORT', 'ALLOW', 'PUBLIC_URL', 'TRUSTED_', 'OIDC_', 'ROLE_', 'SESSION_'],
  },
  { title: 'Who is told', begins: ['NOTIFY_'] },
  { title: 'Sweeping', begins: ['SWEEP_', 'STOP_', 'SECOND_LOOK_', 'POSITIVE_'] },
  { title: 'Everything else', begins: [''] },
] as const;

const HEAD = `Every setting of Orphan Sweeper. Copy this file to .env, let nobody else read that (chmod 600 .env), and take the
first # away from what is to differ from its default.

npm start and the commands read the .env of the folder they are started in; the demo does not. What the environment
says counts more. A value that holds a # is written in quotes. A name that is no setting is refused.

Generated from server/settings.ts: npm run env:example`;

/** The text of `.env.example`: as a `.env` it sets nothing. */
export function envExample(): string {
  const groups = GROUPS.map(({ title }) => ({ title, names: SETTING_NAMES.filter((name) => titleOf(name) === title) }));
  const texts = groups
    .filter(({ names }) => names.length > 0)
    .flatMap(({ title, names }) => [`## ${title}`, ...names.map(entry)]);
  return `${[comment(HEAD), ...texts].join('\n\n')}\n`;
}

function titleOf(name: SettingName): string | undefined {
  return GROUPS.find(({ begins }) => begins.some((beginning) => name.startsWith(beginning)))?.title;
}

function entry(name: SettingName): string {
  const { meaning, wants, secret } = settingOf(name);
  const value = settingOf(name).default ?? '';
  const told = [meaning, `Wants ${wants}.`, `Default: ${value === '' ? 'not set' : value}.`];
  if (secret) told.push(`A secret: ${name}_FILE can name the file that holds it instead.`);
  return `${comment(told.join('\n'))}\n#${name}=${value}`;
}

function comment(text: string): string {
  return text.replace(/^/gm, '# ').replace(/^# $/gm, '#');
}
