import { BlockList, isIP } from 'node:net';
import type { Reading } from './environment.ts';
import { type SettingName, settingOf } from './settings.ts';

/** What single settings cannot get wrong, but together can. A setting that is itself wrong accuses no other. */
export function contradictions(reading: Reading): string[] {
  return [
    ...databaseMistakes(reading),
    ...backendMistakes(reading),
    ...hostMistakes(reading),
    ...signInMistakes(reading),
    ...timeMistakes(reading),
    ...notifyMistakes(reading),
  ];
}

const isSet = ({ sources }: Reading, name: SettingName) => sources.get(name) !== 'default';

/** Whether one is said, and rightly, without the other that it needs. */
const isAlone = (reading: Reading, one: SettingName, other: SettingName): boolean =>
  isSet(reading, one) && !isSet(reading, other) && !reading.wrong.has(one);

function databaseMistakes(reading: Reading): string[] {
  const home = isSet(reading, 'DATABASE_URL');
  const embedded = reading.values.EMBEDDED_DATABASE;
  if (reading.wrong.has('EMBEDDED_DATABASE')) return [];
  if (home && embedded) {
    return ['DATABASE_URL and EMBEDDED_DATABASE=true are both set; there must be one home database, so unset one'];
  }
  if (!home && !embedded && isSet(reading, 'PLATFORM_DATABASE_URL')) {
    return [
      'PLATFORM_DATABASE_URL is set and DATABASE_URL is not; DATABASE_URL must be set too, or several replicas would ' +
        'each have a memory of their own (EMBEDDED_DATABASE=true allows that for a single one)',
    ];
  }
  return [];
}

function backendMistakes(reading: Reading): string[] {
  const { values, wrong } = reading;
  const backend = values.BACKEND;
  const controlPlane = isSet(reading, 'CONTROL_PLANE_URL');
  if (backend === null || wrong.has('BACKEND')) return [];
  const mistakes: string[] = [];
  if (backend === 'control-plane' && !controlPlane) {
    mistakes.push(
      `BACKEND is "control-plane" and CONTROL_PLANE_URL is not set; CONTROL_PLANE_URL must be ${settingOf('CONTROL_PLANE_URL').wants}`,
    );
  }
  if (backend === 'docker' && controlPlane) {
    mistakes.push('BACKEND is "docker" and CONTROL_PLANE_URL is set; there must be one backend, so unset one');
  }
  return mistakes;
}

function hostMistakes({ values, wrong }: Reading): string[] {
  const host = values.HOST;
  if (wrong.has('HOST') || wrong.has('ALLOW_ANONYMOUS')) return [];
  if (values.ALLOW_ANONYMOUS || asksToSignIn(values) || isLoopback(host)) return [];
  return [
    `HOST is ${JSON.stringify(host)}, which other machines can reach, and nobody has to sign in; it must be a loopback ` +
      'address (127.0.0.1, ::1, localhost) unless TRUSTED_USER_HEADER or OIDC_ISSUER is set, or ALLOW_ANONYMOUS=true',
  ];
}

const asksToSignIn = ({ TRUSTED_USER_HEADER, OIDC_ISSUER }: Reading['values']): boolean =>
  TRUSTED_USER_HEADER !== null || OIDC_ISSUER !== null;

/** One way in, and whole: half of one would be open, or closed to everybody. */
function signInMistakes(reading: Reading): string[] {
  const { values } = reading;
  const given = (name: SettingName) => isSet(reading, name);
  const needs = (name: SettingName, needed: SettingName): string[] =>
    isAlone(reading, name, needed)
      ? [`${name} is set and ${needed} is not; ${needed} must be ${settingOf(needed).wants}`]
      : [];
  return [
    ...needs('TRUSTED_USER_HEADER', 'TRUSTED_PROXY'),
    ...needs('TRUSTED_GROUPS_HEADER', 'TRUSTED_USER_HEADER'),
    ...needs('OIDC_ISSUER', 'OIDC_CLIENT_ID'),
    ...needs('OIDC_ISSUER', 'PUBLIC_URL'),
    ...needs('OIDC_CLIENT_ID', 'OIDC_ISSUER'),
    ...needs('OIDC_CLIENT_SECRET', 'OIDC_ISSUER'),
    ...(given('TRUSTED_USER_HEADER') && given('OIDC_ISSUER')
      ? ['TRUSTED_USER_HEADER and OIDC_ISSUER are both set; there must be one way to sign in, so unset one']
      : []),
    ...(values.ALLOW_ANONYMOUS && asksToSignIn(values)
      ? ['ALLOW_ANONYMOUS is true although people have to sign in; unset it, or the settings of the sign-in']
      : []),
  ];
}

function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return host.toLowerCase() === 'localhost';
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function timeMistakes(reading: Reading): string[] {
  const { STOP_TIMEOUT_SECONDS: timeout, SWEEP_DEADLINE_SECONDS: deadline } = reading.values;
  if (reading.wrong.has('STOP_TIMEOUT_SECONDS') || reading.wrong.has('SWEEP_DEADLINE_SECONDS')) return [];
  if (deadline > timeout) return [];
  const how = (name: SettingName) => (isSet(reading, name) ? '' : ', its default');
  return [
    `SWEEP_DEADLINE_SECONDS is ${deadline}${how('SWEEP_DEADLINE_SECONDS')}; it must be above STOP_TIMEOUT_SECONDS ` +
      `(${timeout}${how('STOP_TIMEOUT_SECONDS')}), or no Stop would have the time to start`,
  ];
}

function notifyMistakes(reading: Reading): string[] {
  const needs = (one: SettingName, other: SettingName, why: string): string[] =>
    isAlone(reading, one, other) ? [`${one} is set and ${other} is not; ${other} must be set too${why}`] : [];
  return [
    ...needs('NOTIFY_WEBHOOK_URL', 'NOTIFY_WEBHOOK_SECRET', ', or nobody could tell our messages from any others'),
    ...needs('NOTIFY_WEBHOOK_SECRET', 'NOTIFY_WEBHOOK_URL', ''),
    // Its default says nothing that was not so anyway.
    ...(reading.values.NOTIFY_PAGERDUTY_URL === settingOf('NOTIFY_PAGERDUTY_URL').default
      ? []
      : needs('NOTIFY_PAGERDUTY_URL', 'NOTIFY_PAGERDUTY_KEY', '')),
  ];
}
