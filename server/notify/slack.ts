import type { Outgoing } from './channel.ts';
import { type Message, placeOf } from './message.ts';

/** Slack takes 3000 characters in a section; this leaves room for what stands beside it. */
const MOST_CHARACTERS = 2_000;

const WORDS = { opened: 'Needs you', ended: 'Over', test: 'Test' } as const;

/** For an incoming webhook of Slack: `text` is what a notification on a phone shows. */
export function slackRequest(url: string, message: Message): Outgoing {
  const summary = escaped(shortened(message.summary));
  const head = `*${WORDS[message.event]}* · ${escaped(placeOf(message))}`;
  const links = [link(message.url, 'Console'), link(message.runbookUrl, 'Runbook')].filter((one) => one !== null);
  const blocks = [
    { type: 'section', text: { type: 'mrkdwn', text: `${head}\n${summary}` } },
    ...(links.length === 0 ? [] : [{ type: 'section', text: { type: 'mrkdwn', text: links.join(' · ') } }]),
  ];
  return { url, headers: {}, body: JSON.stringify({ text: `${WORDS[message.event]}: ${summary}`, blocks }) };
}

/** Slack's own three: unescaped, a message of the control plane could call a whole channel. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Before it is escaped: cut afterwards, half an entity could be left. */
function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= MOST_CHARACTERS ? text : `${characters.slice(0, MOST_CHARACTERS - 1).join('')}…`;
}

/** A bar would end the address. */
function link(url: string | null, label: string): string | null {
  return url === null ? null : `<${escaped(url.replaceAll('|', '%7C'))}|${label}>`;
}
