import { pino } from 'pino';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { connect } from '../../server/db/connect.ts';
import { migrateHome } from '../../server/db/migrate.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import { BY_ITSELF } from '../../server/sweep/audit.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { UNCOUNTED } from '../../server/sweep/meter.ts';
import { createSweeper } from '../../server/sweep/sweeper.ts';

/** The product's own parts, put together as its process does; sweeps as soon as it is told. */
export interface SoakedSweeper {
  /** One sweep by hand, from its order to its end. */
  sweep(): Promise<{ readonly result: string }>;
  close(): Promise<void>;
}

const SETTINGS = {
  intervalMs: 3_600_000,
  limit: 100,
  concurrency: 10,
  stopTimeoutMs: 10_000,
  deadlineMs: 30_000,
  graceMs: 0,
  secondLookMs: 1_000,
  surgeLimit: 'unlimited',
  positiveControl: true,
  unknownGraceMs: null,
  disabledReason: null,
  dryRun: false,
} as const;

const VERSION = '0.0.0';

interface Ended {
  readonly msg?: string;
  readonly trigger?: string;
  readonly result?: string;
}

export async function startSoakedSweeper(homeUrl: string, platformUrl: string, controlPlaneUrl: string) {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const home = connect(homeUrl, { max: 15, indexesOnly: true, onError });
  await migrateHome(home, VERSION);
  const platformDatabase = connect(platformUrl, { max: 15, rowSecurityOff: true, onError });
  const backend = createControlPlane({
    url: controlPlaneUrl,
    sharedSecret: null,
    adminToken: null,
    version: VERSION,
  });
  let heard: ((ended: Ended) => void) | null = null;
  const log = pino(
    { level: 'debug' },
    {
      write(line: string) {
        const said: Ended = JSON.parse(line);
        if (said.msg === 'Sweep ended' && said.trigger === 'manual') heard?.(said);
      },
    },
  );
  const sweeper = createSweeper({
    clock: systemClock,
    home,
    platformDatabase,
    table: { schema: 'public', name: 'workspaces' },
    backend,
    containers: null,
    tenant: 'default',
    replica: 'soak',
    settings: SETTINGS,
    fingerprint: 'soak',
    movedFrom: null,
    dryRun: false,
    log,
    repeats: createRepeats(systemClock, log),
    meter: UNCOUNTED,
    random: Math.random,
  });
  await sweeper.open();
  sweeper.loop.start();
  const soaked: SoakedSweeper = {
    async sweep() {
      const ended = new Promise<Ended>((resolve) => {
        heard = resolve;
      });
      const request = { workspaceIds: null, expected: null, dryRun: false, drain: false };
      await sweeper.schedule.enqueue(request, { ...BY_ITSELF, actor: 'Tess' });
      sweeper.loop.wake();
      const { result } = await ended;
      if (errors.length > 0) throw errors[0];
      return { result: result ?? '' };
    },
    async close() {
      await sweeper.loop.stop();
      await Promise.all([home.close(), platformDatabase.close(), backend.close()]);
    },
  };
  return soaked;
}
