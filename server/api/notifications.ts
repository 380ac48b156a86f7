import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import Type, { type Static } from 'typebox';
import { listNotifications, readChannel } from '../notify/notification-list.ts';
import type { Notifier } from '../notify/notifier.ts';
import { record } from '../sweep/audit.ts';
import { CHANNEL_KINDS, NOTIFICATION_EVENTS, NOTIFICATION_KINDS } from '../sweep/outcome.ts';
import { actOf, MayHaveReason } from './act.ts';
import type { CountChange } from './change-limit.ts';
import { type ApiDeps, homeOf, homeToChange } from './deps.ts';
import { ProblemError, problemResponses } from './problem.ts';
import { DEFAULT_LIMIT, iso, NextCursor, NoQuery, Nullable, PageQuery, Time } from './wire.ts';

const Kind = Type.Enum([...CHANNEL_KINDS]);
const Host = Type.String({ description: 'The rest of its address may be a credential, and is not shown' });

const NotificationList = Type.Object({
  channels: Type.Array(
    Type.Object({
      kind: Kind,
      host: Host,
      waiting: Type.Integer({ description: 'Messages that are still to be sent' }),
      deliveredAt: Nullable(Time),
      error: Nullable(Type.String({ description: 'Of the last attempt that failed, also when a later one did not' })),
      errorAt: Nullable(Time),
    }),
    { description: 'Those that are configured' },
  ),
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: Type.Enum([...NOTIFICATION_KINDS]),
      cause: Type.String(),
      openedAt: Time,
      endedAt: Nullable(Time),
      summary: Type.String(),
      deliveries: Type.Array(
        Type.Object({
          channel: Kind,
          event: Type.Enum([...NOTIFICATION_EVENTS]),
          attempts: Type.Integer(),
          nextAttemptAt: Nullable(Time),
          deliveredAt: Nullable(Time),
          givenUpAt: Nullable(Time),
          error: Nullable(Type.String()),
        }),
      ),
    }),
  ),
  nextCursor: NextCursor,
});
export type NotificationsAnswer = Static<typeof NotificationList>;

const TestedSchema = Type.Object({
  channels: Type.Array(
    Type.Object({
      kind: Kind,
      host: Host,
      accepted: Type.Boolean(),
      error: Nullable(Type.String({ description: 'One sentence; null: it was accepted' })),
    }),
  ),
});
export type TestedAnswer = Static<typeof TestedSchema>;

export function notificationRoutes(
  deps: ApiDeps,
  notifier: Notifier,
  countChange: CountChange,
): FastifyPluginAsyncTypebox {
  const { tenant } = deps.config;
  return async (app) => {
    app.get(
      '/notifications',
      {
        schema: {
          summary: 'Where people are told of what needs them, and what they were told, newest first',
          querystring: Type.Object(PageQuery, { additionalProperties: false }),
          response: { 200: NotificationList, ...problemResponses(['invalid_cursor', 'home_database_unavailable']) },
        },
      },
      async ({ query }) => {
        const { database } = homeOf(deps);
        const { items, nextCursor } = await listNotifications(database, tenant, {
          ...query,
          limit: query.limit ?? DEFAULT_LIMIT,
        });
        const channels = await Promise.all(
          notifier.channels.map(async ({ kind, host }) => {
            const { deliveredAt, errorAt, ...state } = await readChannel(database, tenant, kind);
            return { kind, host, ...state, deliveredAt: iso(deliveredAt), errorAt: iso(errorAt) };
          }),
        );
        return { channels, items: items.map(onWire), nextCursor };
      },
    );

    const closing = new AbortController();
    app.addHook('preClose', async () => closing.abort());

    app.post(
      '/notifications/test',
      {
        config: { role: 'operator', refusedAs: 'test_notifications' },
        schema: {
          summary: 'Sends a test message now, and answers what became of it; takes up to 10 s',
          querystring: NoQuery,
          body: Type.Object({ ...MayHaveReason, channel: Type.Optional(Kind) }, { additionalProperties: false }),
          response: {
            200: TestedSchema,
            ...problemResponses(['no_such_channel', 'home_database_unavailable'], { change: true }),
          },
        },
      },
      async (request, reply) => {
        const { database } = homeToChange(deps);
        const act = actOf(request, request.body);
        const only = request.body.channel ?? null;
        if (!notifier.channels.some(({ kind }) => only === null || kind === only)) throw noChannel(only);
        await countChange(request, reply);
        await database.transaction((tx) => record(tx, tenant, act, 'test_notifications', null));
        const tested = await notifier.test(only, closing.signal);
        return { channels: tested.map((one) => ({ ...one, accepted: one.error === null })) };
      },
    );
  };
}

type Row = Awaited<ReturnType<typeof listNotifications>>['items'][number];

function onWire({ openedAt, endedAt, deliveries, ...row }: Row): NotificationsAnswer['items'][number] {
  return {
    ...row,
    openedAt: iso(openedAt),
    endedAt: iso(endedAt),
    deliveries: deliveries.map(({ channel, event, attempts, error, ...at }) => ({
      channel,
      event,
      attempts,
      error,
      nextAttemptAt: at.deliveredAt === null && at.givenUpAt === null ? iso(at.nextAttemptAt) : null,
      deliveredAt: iso(at.deliveredAt),
      givenUpAt: iso(at.givenUpAt),
    })),
  };
}

const SETTINGS = {
  webhook: 'NOTIFY_WEBHOOK_URL and NOTIFY_WEBHOOK_SECRET',
  slack: 'NOTIFY_SLACK_URL',
  pagerduty: 'NOTIFY_PAGERDUTY_KEY',
} as const;

function noChannel(only: keyof typeof SETTINGS | null): ProblemError {
  const settings = only === null ? Object.values(SETTINGS).join(', or ') : SETTINGS[only];
  return new ProblemError('no_such_channel', `Nothing was sent: set ${settings}, and restart.`);
}
