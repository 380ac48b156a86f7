import type { ChannelKind } from '../../../server/sweep/outcome.ts';

export const CHANNEL_WORDS: Readonly<Record<ChannelKind, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  pagerduty: 'PagerDuty',
};
