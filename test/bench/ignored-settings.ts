import { SETTING_NAMES } from '../../server/settings.ts';

/** Those settings of an environment that are not used here: a benchmark works on what it has started itself. */
export function ignoredSettings(env: Readonly<Record<string, string | undefined>>): string[] {
  const names: readonly string[] = SETTING_NAMES;
  return Object.keys(env).filter((name) => names.includes(name.replace(/_FILE$/, '')));
}
