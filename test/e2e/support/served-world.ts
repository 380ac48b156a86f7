import { onTestFinished } from 'vitest';
import type { TestDatabase } from '../../support/database.ts';
import { type Program, settingsFor, startProgram } from '../../support/process.ts';
import { createProxy, freePort, type Proxy as TcpProxy } from '../../support/proxy.ts';
import { createWorld, type World, type WorldOptions } from '../../support/world.ts';

/** A world, and the real program that serves it, which can come and go while a page looks at it. */
export interface ServedWorld {
  readonly world: World;
  /** The same whenever it is started: a page that was open before goes on with it. */
  readonly origin: string;
  /** The only way from the program to its databases; the test's own goes past it. Both are open at first. */
  readonly homeDatabase: TcpProxy;
  readonly platformDatabase: TcpProxy;
  /** Starts the program with the built console, and waits until it is ready, or only until it listens. */
  start(env?: Readonly<Record<string, string>>, until?: 'ready' | 'listening'): Promise<Program>;
  /** Nobody listens any more, and nobody was told. */
  kill(): Promise<void>;
  /** It listens, and says nothing, until it is thawed. */
  freeze(): void;
  thaw(): void;
}

/** Gone when the test ends, after its pages were checked: they are opened later, and what was opened last goes first. */
export async function createServedWorld(options: WorldOptions = {}): Promise<ServedWorld> {
  const world = await createWorld(options);
  onTestFinished(() => world.close());
  const port = await freePort();
  const [homeDatabase, platformDatabase] = [await wayTo(world.home), await wayTo(world.platformDatabase)];
  let program: Program | null = null;
  const running = (): Program => {
    if (program === null) throw new Error('the program is not running');
    return program;
  };
  return {
    world,
    origin: `http://127.0.0.1:${port}`,
    homeDatabase: homeDatabase.proxy,
    platformDatabase: platformDatabase.proxy,
    async start(env = {}, until = 'ready') {
      if (program !== null) throw new Error('the program is running already');
      const databases = { DATABASE_URL: homeDatabase.url, PLATFORM_DATABASE_URL: platformDatabase.url };
      const settings = { ...settingsFor(world), ...databases, PORT: String(port), ...env };
      program = await startProgram(settings, { console: true });
      await (until === 'ready' ? program.ready() : program.url());
      return program;
    },
    async kill() {
      running().signal('SIGKILL');
      await running().exited;
      program = null;
    },
    freeze: () => void process.kill(running().pid, 'SIGSTOP'),
    thaw: () => void process.kill(running().pid, 'SIGCONT'),
  };
}

async function wayTo(database: TestDatabase): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const url = new URL(database.url);
  const proxy = await createProxy({ host: url.hostname, port: Number(url.port) });
  await proxy.open();
  url.hostname = '127.0.0.1';
  url.port = String(proxy.port);
  return { proxy, url: url.href };
}
