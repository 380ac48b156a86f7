import type { StatusOfAll } from '../api/status.ts';
import { remembered, withoutHome } from '../api/status-on-wire.ts';
import { DatabaseFailure } from '../db/connect.ts';
import { wordsOf } from '../sweep/outcome.ts';
import { type CommandContext, JSON_OPTION, type RunnableCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { headlineOf } from './headline.ts';
import { withHome } from './home.ts';
import { aligned, duration } from './words.ts';

export const status: RunnableCommand = {
  name: 'status',
  summary: 'Says in its first line whether something is leaking and needs a person',
  about: ['From what is remembered: neither the platform nor the control plane is asked.'],
  options: { json: JSON_OPTION },
  exits: {
    [EXIT.done]: 'nothing needs a person',
    [EXIT.wrong]: 'something does: the first line says what',
    [EXIT.usage]: 'the command line or the settings are wrong',
    [EXIT.away]: 'the home database could not be asked, or nothing is remembered yet',
  },
  async run(context, given) {
    const answer = await read(context);
    const { headline, needsPerson } = headlineOf(answer);
    if (given.flag('json')) context.tell(JSON.stringify(answer));
    else for (const line of [headline, ...lines(answer)]) context.tell(line);
    if (answer.home.state === 'failing') return EXIT.away;
    return needsPerson ? EXIT.wrong : EXIT.done;
  },
};

/** In the form of `GET /api/status`, which answers without its home database as well. */
async function read(context: CommandContext): Promise<StatusOfAll> {
  const startedAt = new Date();
  try {
    return await withHome(context, 'visit', (deps) => remembered(deps, deps.home, (measured) => measured));
  } catch (error) {
    if (!(error instanceof DatabaseFailure)) throw error;
    const { readConfig, project, replica } = context;
    const state = () => ({ home: null, error: error.message });
    const deps = { config: readConfig(), version: project.version, replica, startedAt, state };
    return withoutHome(deps, error.message, startedAt);
  }
}

function lines(of: StatusOfAll): string[] {
  const ago = (time: string) => `${duration(Date.parse(of.now) - Date.parse(time))} ago, ${time}`;
  const { counts, sweeper, backend } = of;
  const last = sweeper.lastSweep;
  return aligned([
    ...(counts === null
      ? []
      : [['orphans', `${counts.open} open: ${STATES.map((state) => `${counts[state]} ${state}`).join(', ')}`]]),
    ...(of.oldest === null
      ? []
      : [['oldest', `${of.oldest.workspaceName ?? of.oldest.workspaceId}, ${ago(of.oldest.orphanedAt)}`]]),
    [
      'platform',
      of.platform.error ?? (of.observedAt === null ? 'not looked at yet' : `looked at ${ago(of.observedAt)}`),
    ],
    [wordsOf(backend.kind).backend, backend.error ?? backend.state.replaceAll('_', ' ')],
    [
      'last sweep',
      last?.finishedAt == null ? 'none yet' : `${last.result.replaceAll('_', ' ')}, ${ago(last.finishedAt)}`,
    ],
    ['tenant', [of.tenant, of.environment].filter((word) => word !== null).join(', ')],
  ]);
}

const STATES = ['stuck', 'retrying', 'sweeping', 'waiting', 'held'] as const;
