import type { ConfigAnswer } from '../../../server/api/config.ts';

/** Of a setting that is no secret; null: it is not set, or not known. */
export function settingValue(settings: ConfigAnswer | null, name: string): string | number | boolean | null {
  return settings?.settings.find((setting) => setting.name === name)?.value ?? null;
}

/** SWEEP_LIMIT; null while it is not known. */
export function sweepLimit(settings: ConfigAnswer | null): number | null {
  const value = settingValue(settings, 'SWEEP_LIMIT');
  return typeof value === 'number' ? value : null;
}

/** Whether it has a value, also where that is not shown. */
export function isSet(settings: ConfigAnswer, name: string): boolean {
  return settings.settings.some((setting) => setting.name === name && setting.set);
}

/** PLATFORM_TABLE, as it is written. */
export function platformTable(settings: ConfigAnswer): string {
  return String(settingValue(settings, 'PLATFORM_TABLE'));
}

/** RUNBOOK_URL with its `{class}` filled in; null when none is set. Only http(s): it becomes a link. */
export function runbookUrl(settings: ConfigAnswer | null, about: string): string | null {
  const template = settingValue(settings, 'RUNBOOK_URL');
  if (typeof template !== 'string') return null;
  return webAddress(template.replaceAll('{class}', encodeURIComponent(about)));
}

/** INSTANCE_URL_TEMPLATE with its ids filled in; null when none is set. */
export function instanceUrl(
  settings: ConfigAnswer | null,
  { instanceId, workspaceId }: { readonly instanceId: string; readonly workspaceId: string },
): string | null {
  const template = settingValue(settings, 'INSTANCE_URL_TEMPLATE');
  if (typeof template !== 'string') return null;
  return webAddress(
    template
      .replaceAll('{instanceId}', encodeURIComponent(instanceId))
      .replaceAll('{workspaceId}', encodeURIComponent(workspaceId)),
  );
}

function webAddress(text: string): string | null {
  return /^https?:\/\//.test(text) ? text : null;
}
