import { lookAndRelease } from '../api/brake.ts';
import { homeToChange } from '../api/deps.ts';
import { ACTOR_OPTION, actOf, orRefused } from './act.ts';
import { JSON_OPTION, type RunnableCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { withHome } from './home.ts';
import { count } from './words.ts';

const MOST_ORPHANS = 1_000_000_000;

/** For those whom nobody lets into the console: it asks for the same as there. */
export const brakeRelease: RunnableCommand = {
  name: 'brake release',
  summary: 'Releases the safety brake for the orphans that are there now; a later surge latches it again',
  about: [
    'N is the number that `status` shows as waiting for a release. When many more wait by then, nothing is released.',
  ],
  options: {
    reason: { takes: 'TEXT', required: true, meaning: 'why; it is kept with the name' },
    orphans: { takes: 'N', required: true, meaning: 'how many wait, as you have seen it' },
    actor: ACTOR_OPTION,
    json: JSON_OPTION,
  },
  exits: {
    [EXIT.done]: 'released',
    [EXIT.wrong]: "refused: it is not latched, many more orphans wait than N, or the tenant is another platform's",
    [EXIT.usage]: 'the command line or the settings are wrong',
    [EXIT.away]: 'a database could not be asked',
  },
  async run(context, given) {
    const act = actOf(context, given);
    const seen = given.whole('orphans', 0, MOST_ORPHANS) ?? 0;
    const released = await withHome(context, 'visit', (deps) =>
      orRefused(deps, act, 'release_brake', () => lookAndRelease(homeToChange(deps), deps.config.tenant, act, seen)),
    );
    context.tell(
      given.flag('json')
        ? JSON.stringify(released)
        : `Released for ${count(released.released, 'orphan')} by ${act.actor}: the next sweep stops what is due.`,
    );
    return EXIT.done;
  },
};
