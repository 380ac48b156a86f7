import type { ApiDeps, Home } from '../api/deps.ts';
import type { Config } from '../config.ts';
import { createRepeats } from '../log/repeats.ts';
import { createResources, type Resources } from '../resources.ts';
import { systemClock } from '../sweep/clock.ts';
import { UNCOUNTED } from '../sweep/meter.ts';
import type { CommandContext } from './command.ts';

/** What a command answers from: the same as the API. */
export interface CommandDeps extends ApiDeps {
  readonly home: Home;
}

/**
 * Runs with the home database, and closes everything again.
 *
 * @param how `open`: as a replica does, which migrates; `visit`: as it is
 */
export async function withHome<Answer>(
  { readConfig, createLog, project, replica }: CommandContext,
  how: keyof Pick<Resources, 'open' | 'visit'>,
  run: (deps: CommandDeps) => Promise<Answer>,
): Promise<Answer> {
  const config: Config = readConfig();
  const log = createLog(config);
  const repeats = createRepeats(systemClock, log);
  const resources = createResources({ config, project, replica, log, repeats, meter: UNCOUNTED, visitsEmbedded: true });
  try {
    const home = await resources[how]();
    const state = () => ({ home, error: null });
    return await run({ config, version: project.version, replica, startedAt: new Date(), state, home });
  } finally {
    await resources.close();
    repeats.tellAll();
  }
}
