import { createHmac } from 'node:crypto';
import type { Outgoing } from './channel.ts';
import { type Message, typeOf } from './message.ts';

/**
 * A signed message as Standard Webhooks has it (standardwebhooks.com). Whoever takes it can tell that it is ours, that
 * nothing of it was changed, and by its id whether it came before.
 */
export function webhookRequest(
  { url, secret }: { readonly url: string; readonly secret: string },
  message: Message,
  sentAt: Date,
): Outgoing {
  const body = JSON.stringify({
    id: message.id,
    type: typeOf(message),
    at: message.at.toISOString(),
    tenant: message.tenant,
    environment: message.environment,
    notificationId: message.notificationId,
    summary: message.summary,
    details: message.details,
    url: message.url,
  });
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signature = createHmac('sha256', keyOf(secret)).update(`${message.id}.${timestamp}.${body}`).digest('base64');
  return {
    url,
    headers: { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` },
    body,
  };
}

/** Behind `whsec_` it is base64; any other text is the key as it stands. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
