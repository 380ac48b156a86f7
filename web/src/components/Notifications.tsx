import { Send } from 'lucide-react';
import type { NotificationsAnswer } from '../../../server/api/notifications.ts';
import { getNotifications } from '../api.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { type TestMessage, useTestMessage } from '../hooks/useTestMessage.ts';
import { CHANNEL_WORDS } from '../lib/channel-words.ts';
import { count } from '../lib/count.ts';
import { Facts } from './Facts.tsx';
import { Failure } from './Failure.tsx';
import { TONE_ICONS, TONE_TEXT } from './icons.ts';
import { Loading } from './Loading.tsx';
import { Ago } from './When.tsx';

type Channel = NotificationsAnswer['channels'][number];

/** Where people are told of what needs them although nobody looks, and whether that works. */
export function Notifications() {
  const poll = usePoll({ queryKey: ['notifications'], queryFn: ({ signal }) => getNotifications(signal) });
  const { test, send } = useTestMessage();
  const channels = poll.data?.body.channels;
  const outdated = useOutdated(poll);
  return (
    <section aria-labelledby="notifications" className="card space-y-3 p-4">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id="notifications" className="font-semibold">
          Notifications
        </h2>
        {channels !== undefined && (
          <TestButton none={channels.length === 0} sending={test.stage === 'sending'} send={send} />
        )}
      </div>
      <p className="text-sm text-soft">
        Of orphans that need a person, of the safety brake, and when nobody sweeps: once for each cause, and when it is
        over.
      </p>
      {channels === undefined && poll.error !== null && <Failure what="The notifications" error={poll.error} />}
      {channels === undefined && poll.error === null && <Loading rows={2} />}
      {channels?.length === 0 && (
        <p id="no-channel" className="text-sm">
          Nobody is told: no channel is configured. Set <code className="font-mono">NOTIFY_WEBHOOK_URL</code>,{' '}
          <code className="font-mono">NOTIFY_SLACK_URL</code> or <code className="font-mono">NOTIFY_PAGERDUTY_KEY</code>
          , and restart.
        </p>
      )}
      <div className={`space-y-4 empty:hidden ${outdated ? 'outdated' : ''}`}>
        {channels?.map((channel) => (
          <ChannelFacts key={channel.kind} channel={channel} />
        ))}
      </div>
      <Result test={test} />
    </section>
  );
}

/** Where there is nothing to press it stays, and says why: that it is there at all is worth knowing. */
function TestButton(props: { readonly none: boolean; readonly sending: boolean; readonly send: () => Promise<void> }) {
  const { none, sending, send } = props;
  return (
    // Not disabled while it is sent: that would throw the focus away.
    <button
      type="button"
      className="button"
      disabled={none}
      aria-describedby={none ? 'no-channel' : undefined}
      aria-busy={sending}
      onClick={() => {
        if (!sending) void send();
      }}
    >
      <Send aria-hidden="true" className="size-4" />
      {sending ? 'Sending…' : 'Send a test message'}
    </button>
  );
}

function ChannelFacts({ channel }: { readonly channel: Channel }) {
  const { kind, host, waiting, deliveredAt, error, errorAt } = channel;
  return (
    <div className="space-y-1.5">
      <h3 className="text-sm font-medium break-words">
        {CHANNEL_WORDS[kind]} <span className="font-normal text-soft">· {host}</span>
      </h3>
      <Facts
        facts={[
          ['Last delivery', deliveredAt === null ? 'none yet' : <Ago key="delivered" time={deliveredAt} />],
          [
            'Last error',
            errorAt === null ? (
              'none'
            ) : (
              <span key="error">
                {error}, <Ago time={errorAt} />
              </span>
            ),
          ],
          ['Waiting', waiting === 0 ? null : count(waiting, 'message')],
        ]}
      />
    </div>
  );
}

function Result({ test }: { readonly test: TestMessage }) {
  return (
    <div role="status" className="space-y-1.5 text-sm empty:hidden">
      {test.stage === 'failed' && <Line good={false} sentence={test.sentence} />}
      {test.stage === 'answered' &&
        test.channels.map(({ kind, accepted, error }) => (
          <Line
            key={kind}
            good={accepted}
            sentence={`${CHANNEL_WORDS[kind]}: ${accepted ? 'accepted the test message' : `did not take it: ${error}`}`}
          />
        ))}
    </div>
  );
}

function Line({ good, sentence }: { readonly good: boolean; readonly sentence: string }) {
  const tone = good ? 'ok' : 'bad';
  const Icon = TONE_ICONS[tone];
  return (
    <p className="flex gap-2 font-medium">
      <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${TONE_TEXT[tone]}`} />
      <span className="min-w-0 break-words">{sentence}</span>
    </p>
  );
}
