import { databaseErrorOf, rootCause } from '../db/connect.ts';
import { buildIndexes, recommendedIndexes } from '../db/platform-index.ts';
import type { RunnableCommand } from './command.ts';
import { EXIT } from './exit-code.ts';

/** Prints the recommended indexes; builds them, too, since that is what was asked for. */
export const platformIndex: RunnableCommand = {
  name: 'platform:index',
  summary: "Builds the recommended indexes on the platform's table, concurrently",
  about: ['Only the owner of the table may.'],
  options: { print: { meaning: 'only print them, for somebody who may' } },
  exits: {
    [EXIT.done]: 'printed, built, or there already',
    [EXIT.wrong]: 'the database refused to build them',
    [EXIT.usage]: 'the command line or the settings are wrong',
    [EXIT.away]: "the platform's database could not be reached",
  },
  async run({ readConfig, tell, warn }, given) {
    const { home, platform } = readConfig();
    const indexes = recommendedIndexes(platform.table);
    if (given.flag('print')) {
      for (const { sql } of indexes) tell(`${sql};`);
      return EXIT.done;
    }
    const url = platform.url ?? (home.kind === 'url' ? home.url : null);
    if (url === null) {
      warn('Set PLATFORM_DATABASE_URL or DATABASE_URL: there is no platform database to build indexes in.');
      return EXIT.usage;
    }
    try {
      await buildIndexes(url, platform.table, tell);
      return EXIT.done;
    } catch (error) {
      warn(`Not built: ${rootCause(error).message}. Only the owner of the table may; for them:`);
      for (const { sql } of indexes) warn(`  ${sql};`);
      return databaseErrorOf(error) === null ? EXIT.away : EXIT.wrong;
    }
  },
};
