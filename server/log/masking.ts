import { echoesOf } from '../backends/echoes.ts';
import { textsToMask } from './secrets.ts';

const MASK = '[redacted]';
/** What stands between the scheme and the last @ of a URL, and what its query carries. */
const USER_INFO = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'<>]*@/gi;
const QUERY_SECRET = /([?&][\w-]*(?:pass|secret|token|key)[\w-]*=)[^&\s"'<>]+/gi;
const AUTHORIZATION = /\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi;
/** What has such a name is not looked at. */
const SECRET_NAME = /^(?:.*(?:authorization|cookie|password|secret|token)|body|headers)$/i;
/** Fixed words and times, without which nobody could read the log. */
const UNMASKED = ['level', 'time'];

/** Takes out of a line of JSON what is secret, in whatever field it stands. A line comes out that is JSON again. */
export type MaskLine = (line: string) => string;

/** @param secrets the values of all settings that are secret */
export function createMask(secrets: readonly string[]): MaskLine {
  const echoes = echoesOf(textsToMask(secrets));

  const maskText = (text: string): string =>
    (echoes === null ? text : text.replace(echoes, MASK))
      .replace(USER_INFO, `$1${MASK}@`)
      .replace(QUERY_SECRET, `$1${MASK}`)
      .replace(AUTHORIZATION, `$1 ${MASK}`);
  const maskValue = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (Array.isArray(value)) return value.map(maskValue);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, of]) => [name, SECRET_NAME.test(name) ? MASK : maskValue(of)]);
    return Object.fromEntries(entries);
  };

  return (line) => {
    const fields: object = JSON.parse(line);
    const masked = Object.entries(fields).map(([name, value]) =>
      UNMASKED.includes(name) ? [name, value] : [name, SECRET_NAME.test(name) ? MASK : maskValue(value)],
    );
    return `${JSON.stringify(Object.fromEntries(masked))}\n`;
  };
}
