import type { ChannelKind, NotificationEvent, NotificationKind } from '../sweep/outcome.ts';

/** What a program may want to know beside the sentence. */
export type Details = Readonly<Record<string, string | number | null>>;

/** Something that people are told of. */
export interface Notice {
  readonly kind: NotificationKind;
  /** What makes it different from others of its kind. */
  readonly cause: string;
  /** One sentence each, without relative times: it may be read hours later. */
  readonly summary: string;
  readonly endSummary: string;
  readonly details: Details;
}

/** A notice that has begun, as it is kept. */
export interface Notification extends Notice {
  readonly id: string;
  readonly openedAt: Date;
  readonly endedAt: Date | null;
}

/** What is sent: the same for every channel, which only write it differently. */
export interface Message {
  /** The same however often it is sent: whoever has seen it need not look twice. */
  readonly id: string;
  readonly event: NotificationEvent | 'test';
  readonly kind: NotificationKind | 'test';
  readonly cause: string;
  /** Shared by the two messages of one notice. */
  readonly notificationId: string;
  readonly at: Date;
  readonly tenant: string;
  readonly environment: string | null;
  readonly summary: string;
  readonly details: Details;
  /** Where on the console; null: its address is not known. */
  readonly url: string | null;
  readonly runbookUrl: string | null;
}

/** The installation that speaks. */
export interface Sender {
  readonly tenant: string;
  readonly environment: string | null;
  /** The origin of the console. */
  readonly publicUrl: string | null;
  /** With `{class}` in it. */
  readonly runbookUrl: string | null;
}

export function messageOf(sender: Sender, notification: Notification, event: NotificationEvent): Message {
  const { id, kind, cause, summary, endSummary, details, openedAt, endedAt } = notification;
  return {
    id: `${id}-${event}`,
    event,
    kind,
    cause,
    notificationId: id,
    at: event === 'ended' && endedAt !== null ? endedAt : openedAt,
    tenant: sender.tenant,
    environment: sender.environment,
    summary: event === 'ended' ? endSummary : summary,
    details,
    url: consoleUrl(sender, kind, cause),
    runbookUrl: sender.runbookUrl?.replaceAll('{class}', encodeURIComponent(wordOf(notification))) ?? null,
  };
}

/** @param id any that was never used */
export function testMessage(sender: Sender, channel: ChannelKind, id: string, at: Date): Message {
  return {
    id: `${id}-test`,
    event: 'test',
    kind: 'test',
    cause: id,
    notificationId: id,
    at,
    tenant: sender.tenant,
    environment: sender.environment,
    summary: `Test message: what Orphan Sweeper has to say of ${placeOf(sender)} arrives here.`,
    details: { channel },
    url: sender.publicUrl === null ? null : `${sender.publicUrl}/settings`,
    runbookUrl: null,
  };
}

/** `stuck.opened`, `silence.ended`, `test` */
export function typeOf({ kind, event }: Pick<Message, 'kind' | 'event'>): string {
  return kind === 'test' ? 'test' : `${kind}.${event}`;
}

/** `production (eu-1)`, or the tenant alone. */
export function placeOf({ tenant, environment }: Pick<Sender, 'tenant' | 'environment'>): string {
  return environment === null ? tenant : `${environment} (${tenant})`;
}

function consoleUrl({ publicUrl }: Sender, kind: NotificationKind, cause: string): string | null {
  if (publicUrl === null) return null;
  return kind === 'stuck' && isCauseKey(cause) ? `${publicUrl}/orphans?cause=${cause}` : `${publicUrl}/`;
}

function isCauseKey(cause: string): boolean {
  return /^[0-9a-f]{12}$/.test(cause);
}

/** What the runbook is looked up under: the console's own words. */
function wordOf({ kind, details }: Notice): string {
  if (kind === 'stuck') return String(details['why'] ?? details['class'] ?? details['outcome'] ?? 'failed');
  return kind === 'brake' ? 'brake' : 'late';
}
