import type { Outgoing } from './channel.ts';
import { type Message, placeOf, typeOf } from './message.ts';

const MOST_SUMMARY_CHARACTERS = 1_024;
const SEVERITIES = { silence: 'critical', brake: 'critical', stuck: 'warning', test: 'info' } as const;

interface PagerDuty {
  readonly url: string;
  readonly key: string;
}

/** Events API v2. A test is resolved as soon as it is triggered: it shall reach a person, and leave nothing open. */
export function pagerDutyRequests(pagerDuty: PagerDuty, message: Message): readonly Outgoing[] {
  switch (message.event) {
    case 'opened':
      return [trigger(pagerDuty, message)];
    case 'ended':
      return [resolve(pagerDuty, message)];
    case 'test':
      return [trigger(pagerDuty, message), resolve(pagerDuty, message)];
  }
}

function trigger({ url, key }: PagerDuty, message: Message): Outgoing {
  const { tenant, environment, kind, at, details, url: consoleUrl, runbookUrl } = message;
  const links = [
    ...(consoleUrl === null ? [] : [{ href: consoleUrl, text: 'Console' }]),
    ...(runbookUrl === null ? [] : [{ href: runbookUrl, text: 'Runbook' }]),
  ];
  return post(url, {
    routing_key: key,
    event_action: 'trigger',
    dedup_key: dedupKey(message),
    client: 'Orphan Sweeper',
    ...(consoleUrl === null ? {} : { client_url: consoleUrl }),
    payload: {
      summary: shortened(`${placeOf(message)}: ${message.summary}`),
      source: tenant,
      severity: SEVERITIES[kind],
      timestamp: at.toISOString(),
      component: 'orphan-sweeper',
      class: typeOf(message),
      ...(environment === null ? {} : { group: environment }),
      custom_details: details,
    },
    links,
  });
}

function resolve({ url, key }: PagerDuty, message: Message): Outgoing {
  return post(url, { routing_key: key, event_action: 'resolve', dedup_key: dedupKey(message) });
}

/** Of installation and cause: a message that comes twice, or from two replicas, opens one incident. */
function dedupKey({ tenant, environment, kind, cause }: Message): string {
  return ['orphan-sweeper', ...(environment === null ? [] : [environment]), tenant, kind, cause].join('/');
}

function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= MOST_SUMMARY_CHARACTERS) return text;
  return `${characters.slice(0, MOST_SUMMARY_CHARACTERS - 1).join('')}…`;
}

function post(url: string, event: object): Outgoing {
  return { url, headers: {}, body: JSON.stringify(event) };
}
