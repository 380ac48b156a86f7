import { pino } from 'pino';
import type { NotifyConfig } from '../../server/config.ts';
import type { Database } from '../../server/db/connect.ts';
import { createChannels } from '../../server/notify/channel.ts';
import { createNotifier, type Notifier } from '../../server/notify/notifier.ts';
import { createPost } from '../../server/notify/post.ts';
import { createTurn, type TurnDeps } from '../../server/notify/turn.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import type { Receiver } from './receiver.ts';
import type { World } from './world.ts';

/** 32 bytes, as Standard Webhooks writes them. */
export const SIGNING_SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

export function onlyWebhook({ url }: Receiver): NotifyConfig {
  return { webhook: { url: `${url}/hook/of-ours`, secret: SIGNING_SECRET }, slack: null, pagerduty: null };
}

/** One replica's notifications, a turn whenever a test takes one. */
export interface Notifying {
  readonly clock: FakeClock;
  turn(): Promise<void>;
  /** Has watched for so long that it may speak of silence. */
  watchFor(ms: number): Promise<void>;
  /** What it wrote to its log, a line each. */
  readonly log: readonly string[];
}

export interface NotifyingOptions extends Partial<Omit<TurnDeps, 'channels' | 'clock' | 'log' | 'home'>> {
  readonly channels: NotifyConfig;
  /** Of the world unless told; null: it was never reached. */
  readonly home?: () => Database | null;
  readonly ours?: boolean;
  readonly told?: AbortSignal;
}

export function startNotifying(world: World, options: NotifyingOptions): Notifying {
  const {
    channels,
    home = () => world.homeDatabase,
    ours = true,
    told = new AbortController().signal,
    ...deps
  } = options;
  const clock = createFakeClock();
  const log: string[] = [];
  const turn = createTurn(
    {
      clock,
      log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
      channels: createChannels(channels),
      post: createPost('0.0.0'),
      sender: {
        tenant: 'default',
        environment: 'staging',
        publicUrl: 'https://sweeper.example',
        runbookUrl: 'https://runbook.example/{class}',
      },
      replica: 'one',
      intervalMs: 60_000,
      kind: 'control-plane',
      random: () => 0,
      ...deps,
      home: () => {
        const database = home();
        return database && { database, ours };
      },
    },
    told,
  );
  return {
    clock,
    log,
    turn,
    async watchFor(ms) {
      for (let passedMs = 0; passedMs <= ms; passedMs += 5_000) {
        await turn();
        clock.advance(5_000);
      }
    },
  };
}

/** For those that need none. */
export function nobodyTold(): Notifier {
  return createNotifier({
    clock: systemClock,
    log: pino({ level: 'silent' }),
    channels: [],
    post: createPost('0.0.0'),
    sender: { tenant: 'default', environment: null, publicUrl: null, runbookUrl: null },
    replica: 'one',
    intervalMs: 60_000,
    kind: 'control-plane',
    home: () => null,
    random: Math.random,
  });
}
