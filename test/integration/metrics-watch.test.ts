import { beforeAll, beforeEach, expect, it } from 'vitest';
import { createWatch, type Sight } from '../../server/api/watch.ts';
import { parseConfig } from '../../server/config.ts';
import { connect, type Database } from '../../server/db/connect.ts';
import { type Api, createApi, emptyWorld } from '../support/api.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let api: Api;
let clock: FakeClock;
/** The home database was asked so often. */
let asked: number;
let gate: Promise<void>;
let database: Database;
beforeAll(async () => {
  world = await createWorld();
  api = await createApi(world);
  return async () => {
    await api.close();
    await world.close();
  };
});
beforeEach(async () => {
  await emptyWorld(world);
  await world.observe();
  clock = createFakeClock();
  asked = 0;
  gate = Promise.resolve();
  database = {
    ...world.homeDatabase,
    async transaction(run) {
      asked += 1;
      await gate;
      return world.homeDatabase.transaction(run);
    },
  };
});

function watchOf(of: () => Database | null): () => Promise<Sight> {
  const config = parseConfig({ DATABASE_URL: world.home.url }, () => '');
  const state = () => {
    const home = of();
    return { home: home === null ? null : { database: home, sweeper: api.sweeper }, error: null };
  };
  return createWatch({ config, version: '0.1.0', replica: 'one', startedAt: new Date(), state }, clock);
}

const waiting = ({ watched }: Sight) => watched?.orphans?.waiting;
async function leakOne(): Promise<void> {
  await world.leak();
  await world.observe();
}

it('an answer serves for a second, and no longer', async () => {
  const watch = watchOf(() => database);
  expect(waiting(await watch())).toBe(0);
  await leakOne();
  clock.advance(999);
  expect(waiting(await watch())).toBe(0);
  expect(asked).toBe(1);
  clock.advance(1);
  expect(waiting(await watch())).toBe(1);
  expect(asked).toBe(2);
});

it('who waits longer than three seconds is told that it does not answer; the question goes on, and is asked once', async () => {
  let answer = (): void => undefined;
  gate = new Promise((resolve) => {
    answer = resolve;
  });
  const watch = watchOf(() => database);
  const first = watch();
  clock.advance(2_000);
  const second = watch();
  await until(() => clock.waiting() === 2, { what: 'both to wait' });
  clock.advance(1_000);
  expect(await first).toEqual({ homeUp: false, watched: null });
  answer();
  expect(await second).toMatchObject({ homeUp: true, watched: { paused: false } });
  expect(asked).toBe(1);
  // Nobody's timer is left to keep the process awake.
  expect(clock.waiting()).toBe(0);
});

it('a home database that does not answer is asked again, and is believed when it is back', async () => {
  const nowhere = connect('postgres://nobody@127.0.0.1:1/none', { max: 1, onError: () => undefined });
  let home: Database | null = null;
  const watch = watchOf(() => home);
  for (const away of [null, nowhere]) {
    home = away;
    expect(await watch()).toEqual({ homeUp: false, watched: null });
    clock.advance(1_000);
  }
  home = database;
  expect(await watch()).toMatchObject({ homeUp: true, watched: { orphans: { waiting: 0 } } });
  await nowhere.close();
});

it('what is wrong with the program itself is not taken for a database that is away', async () => {
  const watch = watchOf(() => ({
    ...database,
    transaction: () => Promise.reject(new TypeError('no such column')),
  }));
  await expect(watch()).rejects.toThrow('no such column');
});
