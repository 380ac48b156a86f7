import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { type Channel, createChannels } from '../../server/notify/channel.ts';
import { type Message, messageOf, type Notification, type Sender, testMessage } from '../../server/notify/message.ts';
import type { ChannelKind } from '../../server/sweep/outcome.ts';

const SENDER: Sender = {
  tenant: 'eu-1',
  environment: 'production',
  publicUrl: 'https://sweeper.example',
  runbookUrl: 'https://wiki.example/runbook?class={class}&a=1|2',
};
const NOTIFICATION: Notification = {
  id: '00000000-0000-4000-8000-000000000001',
  kind: 'stuck',
  cause: '0123456789ab',
  summary: '3 orphans need a person: <!channel> & "co" <b>.',
  endSummary: 'No orphan needs a person any more.',
  details: { orphans: 3, why: null, class: 'rejected', outcome: 'failed' },
  openedAt: new Date('2026-01-02T03:04:05.678Z'),
  endedAt: new Date('2026-01-02T04:00:00.000Z'),
};
const PLAIN_SECRET = 'a plain one has no spaces'.replaceAll(' ', '-');
const WHSEC = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

function channel(kind: ChannelKind, secret = PLAIN_SECRET): Channel {
  const [found] = createChannels({
    webhook: { url: 'https://hooks.example/in', secret },
    slack: { url: 'https://hooks.slack.com/services/T0/B0/x' },
    pagerduty: { url: 'https://events.pagerduty.com/v2/enqueue', key: 'R0UT1NG' },
  }).filter((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

const opened = messageOf(SENDER, NOTIFICATION, 'opened');
const ended = messageOf(SENDER, NOTIFICATION, 'ended');
function written(of: Channel, message: Message, sentAt = new Date()) {
  return of.write(message, sentAt).map((one) => ({ ...one, json: JSON.parse(one.body) }));
}

describe('the webhook', () => {
  test.each([
    ['a plain secret, which is the key as it stands', PLAIN_SECRET, new Webhook(PLAIN_SECRET, { format: 'raw' })],
    ['a whsec_ secret, which is base64', WHSEC, new Webhook(WHSEC)],
  ])('is signed so that Standard Webhooks verifies it, and nothing that was changed: %s', (_, secret, judge) => {
    const [sent] = written(channel('webhook', secret), opened);
    const { body = '', headers = {} } = sent ?? {};
    expect(judge.verify(body, headers)).toEqual(sent?.json);
    expect(() => judge.verify(`${body} `, headers)).toThrow(/signature/);
    expect(() => judge.verify(body, { ...headers, 'webhook-id': 'another' })).toThrow(/signature/);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => judge.verify(body, { ...headers, 'webhook-timestamp': later })).toThrow(/signature/);
    expect(() => new Webhook(Buffer.alloc(24, 8), { format: 'raw' }).verify(body, headers)).toThrow(/signature/);
  });

  test('is the same whenever it is sent again, but for when: same id, same body', () => {
    const [first] = written(channel('webhook'), opened, new Date(1_000_000));
    const [again] = written(channel('webhook'), opened, new Date(9_000_000));
    expect(again?.body).toBe(first?.body);
    expect(again?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(again?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
  });

  test('tells begin and end of one notice apart, and that they are of one', () => {
    const [begin, end] = [opened, ended].map((message) => written(channel('webhook'), message)[0]?.json);
    expect([begin.type, end.type]).toEqual(['stuck.opened', 'stuck.ended']);
    expect([begin.at, end.at]).toEqual(['2026-01-02T03:04:05.678Z', '2026-01-02T04:00:00.000Z']);
    expect(begin.id).not.toBe(end.id);
    expect(begin.notificationId).toBe(end.notificationId);
    expect(end.summary).toBe('No orphan needs a person any more.');
    expect(begin.url).toBe('https://sweeper.example/orphans?cause=0123456789ab');
  });
});

describe('Slack', () => {
  test('is told in text and blocks, with links, and nothing in it can call a channel or be a link', () => {
    const [sent] = written(channel('slack'), opened);
    expect(sent?.url).toBe('https://hooks.slack.com/services/T0/B0/x');
    expect(sent?.json).toEqual({
      text: 'Needs you: 3 orphans need a person: &lt;!channel&gt; &amp; "co" &lt;b&gt;.',
      blocks: [
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '*Needs you* · production (eu-1)\n3 orphans need a person: &lt;!channel&gt; &amp; "co" &lt;b&gt;.',
          },
        },
        {
          type: 'section',
          text: {
            type: 'mrkdwn',
            text: '<https://sweeper.example/orphans?cause=0123456789ab|Console> · <https://wiki.example/runbook?class=rejected&amp;a=1%7C2|Runbook>',
          },
        },
      ],
    });
    expect(written(channel('slack'), ended)[0]?.json.text).toBe('Over: No orphan needs a person any more.');
  });

  test('gets no more than it takes, and no half of an escaped character', () => {
    const summary = '&'.repeat(4_000);
    const [sent] = written(channel('slack'), { ...opened, summary });
    expect(sent?.json.text).toMatch(/^Needs you: (&amp;){1999}…$/);
  });

  test('gets no empty block where neither console nor runbook is known', () => {
    expect(written(channel('slack'), { ...opened, url: null, runbookUrl: null })[0]?.json.blocks).toHaveLength(1);
  });
});

describe('PagerDuty', () => {
  test('is triggered and resolved under one key of environment, tenant and cause', () => {
    const [trigger] = written(channel('pagerduty'), opened);
    expect(trigger?.json).toEqual({
      routing_key: 'R0UT1NG',
      event_action: 'trigger',
      dedup_key: 'orphan-sweeper/production/eu-1/stuck/0123456789ab',
      client: 'Orphan Sweeper',
      client_url: 'https://sweeper.example/orphans?cause=0123456789ab',
      payload: {
        summary: 'production (eu-1): 3 orphans need a person: <!channel> & "co" <b>.',
        source: 'eu-1',
        severity: 'warning',
        timestamp: '2026-01-02T03:04:05.678Z',
        component: 'orphan-sweeper',
        class: 'stuck.opened',
        group: 'production',
        custom_details: NOTIFICATION.details,
      },
      links: [
        { href: 'https://sweeper.example/orphans?cause=0123456789ab', text: 'Console' },
        { href: 'https://wiki.example/runbook?class=rejected&a=1|2', text: 'Runbook' },
      ],
    });
    expect(written(channel('pagerduty'), ended).map(({ json }) => json)).toEqual([
      { routing_key: 'R0UT1NG', event_action: 'resolve', dedup_key: trigger?.json.dedup_key },
    ]);
  });

  test('says nobody sweeps, and that the brake has latched, as critical', () => {
    for (const kind of ['silence', 'brake'] as const) {
      expect(written(channel('pagerduty'), { ...opened, kind })[0]?.json.payload.severity).toBe('critical');
    }
  });

  test('takes 1024 characters at the most', () => {
    const [sent] = written(channel('pagerduty'), { ...opened, summary: '😀'.repeat(2_000) });
    expect(Array.from(String(sent?.json.payload.summary))).toHaveLength(1_024);
  });

  test('has nothing left open by a test message', () => {
    const test = testMessage(SENDER, 'pagerduty', 'some-id', new Date());
    const sent = written(channel('pagerduty'), test).map(({ json }) => json);
    expect(sent.map(({ event_action }) => event_action)).toEqual(['trigger', 'resolve']);
    expect(new Set(sent.map(({ dedup_key }) => dedup_key)).size).toBe(1);
    expect(sent[0]?.payload.severity).toBe('info');
  });
});

test('a channel shows its host, and no more of its address', () => {
  expect([channel('webhook'), channel('slack'), channel('pagerduty')].map(({ host }) => host)).toEqual([
    'hooks.example',
    'hooks.slack.com',
    'events.pagerduty.com',
  ]);
  expect(createChannels({ webhook: null, slack: null, pagerduty: null })).toEqual([]);
});
