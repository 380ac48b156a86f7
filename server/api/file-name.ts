/** What a file is about, and what is in it. */
export interface FileName {
  readonly about: string;
  /** Of ENVIRONMENT_NAME: so that nobody takes production for something else, later either. */
  readonly environment: string | null;
  readonly at: Date;
  readonly extension: 'csv' | 'json';
}

/** Content-Disposition of a download, and the same name for those that read no more than ASCII (RFC 6266). */
export function downloadAs({ about, environment, at, extension }: FileName): string {
  const time = `${at.toISOString().slice(0, 19).replaceAll(':', '')}Z`;
  const name = (place: string | null) =>
    `${[about, place, time].filter((part) => part !== null && part !== '').join('-')}.${extension}`;
  const place = environment === null ? null : worn(environment, /[\p{Cc}\p{Cf}\s"%*/:<>?\\|]+/gu);
  const plain = place === null ? null : worn(place, /[^\w.]+/g);
  const header = `attachment; filename="${name(plain)}"`;
  return plain === place ? header : `${header}; filename*=UTF-8''${extValue(name(place))}`;
}

/** Without what a file system, or a header, takes for something else. */
function worn(text: string, unfit: RegExp): string {
  return text.replace(unfit, '-').replace(/^[-.]+|[-.]+$/g, '');
}

/** RFC 8187 leaves fewer characters as they are than a URL does. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
