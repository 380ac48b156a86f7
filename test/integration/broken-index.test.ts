import { beforeAll, expect, it } from 'vitest';
import { buildIndexes } from '../../server/db/platform-index.ts';
import { refuseForeign } from '../../server/db/throwaway.ts';
import { createFaultyWay, type FaultyWay } from '../support/faulty-way.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let way: FaultyWay;
beforeAll(async () => {
  world = await createWorld();
  way = await createFaultyWay(world.platformDatabase.url);
  return async () => {
    await way.close();
    await world.close();
  };
});

const COMMANDS: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  'building the indexes': (url) => buildIndexes(url, world.tableNames, () => undefined),
  'asking whose database it is': (url) => refuseForeign({ url, directory: '/nowhere' }).catch(foreign),
};

function foreign(error: unknown): void {
  if (!(error instanceof Error) || !error.message.startsWith('Refused')) throw error;
}

it.each(Object.entries(COMMANDS))(
  'a connection that breaks at any moment of %s is an error of that, and does not end the process',
  async (_what, command) => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    try {
      for (let nth = 1; ; nth += 1) {
        way.strike('lost', nth);
        const outcome = await command(way.over(world.platformDatabase.url)).then(
          () => 'done',
          () => 'failed',
        );
        // Where nothing is left to be sent but the goodbye, it is done all the same.
        if (!way.struck()) {
          expect([outcome, nth > 3]).toEqual(['done', true]);
          break;
        }
      }
    } finally {
      way.heal();
      process.off('uncaughtException', note);
    }
    expect(uncaught).toEqual([]);
  },
);
