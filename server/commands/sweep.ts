import { type Attempt, attemptOnWire } from '../api/attempts.ts';
import { homeToChange } from '../api/deps.ts';
import { pauseOnWire } from '../api/pause.ts';
import { PROBLEMS, ProblemError } from '../api/problem.ts';
import { notQueued, refuseDisabled, type Sweep, sweepOnWire } from '../api/sweeps.ts';
import type { Act } from '../sweep/audit.ts';
import type { Once } from '../sweep/once.ts';
import { listAttempts } from '../sweep/orphan-list.ts';
import { OUTCOMES, type SweepResult } from '../sweep/outcome.ts';
import { readPause } from '../sweep/pause.ts';
import { readSweep } from '../sweep/sweep-list.ts';
import { ACTOR_OPTION, actOf, orRefused } from './act.ts';
import { type CommandContext, JSON_OPTION, type RunnableCommand } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { type CommandDeps, withHome } from './home.ts';
import { aligned, count } from './words.ts';

const PAGE = 200;

export const sweep: RunnableCommand = {
  name: 'sweep',
  summary: 'Sweeps once, as somebody who presses "Sweep now", and says what became of each orphan',
  about: [
    'It takes the same lease as every replica: while another one sweeps it waits, and an equal sweep is joined.',
    'It ignores backoff and pause, but never grace, hold or brake. Ctrl-C ends it before its next Stop.',
  ],
  options: {
    once: { required: true, meaning: 'to be said: without a command the program sweeps for ever' },
    'dry-run': { meaning: 'everything but the Stops' },
    reason: { takes: 'TEXT', meaning: 'why; it is kept with the sweep' },
    actor: ACTOR_OPTION,
    json: JSON_OPTION,
  },
  exits: {
    [EXIT.done]: 'all that it attempted was stopped, or there was nothing to do',
    [EXIT.wrong]: 'something was not stopped, or the sweep was refused, skipped or ended early',
    [EXIT.usage]: 'the command line or the settings are wrong',
    [EXIT.away]: 'the home database could not be asked: what was begun is ended by the next sweep',
  },
  async run(context, given) {
    const act = actOf(context, given);
    const told = context.told();
    const ended = await withHome(context, 'open', async (deps) =>
      read(deps, await ask(deps, act, given.flag('dry-run'), told, context)),
    );
    if (given.flag('json')) context.tell(JSON.stringify({ ...ended.sweep, attempts: ended.attempts }));
    else for (const line of lines(ended)) context.tell(line);
    return exitOf(ended.sweep);
  },
};

async function ask(
  deps: CommandDeps,
  act: Act,
  dryRun: boolean,
  told: AbortSignal,
  { warn }: CommandContext,
): Promise<Once> {
  const { config } = deps;
  const request = { workspaceIds: null, expected: null, dryRun: dryRun || config.sweep.dryRun, drain: false };
  return orRefused(deps, act, dryRun ? 'dry_run' : 'sweep', async () => {
    const { database, sweeper } = homeToChange(deps);
    refuseDisabled(config);
    const pause = pauseOnWire(await readPause(database, config.tenant));
    if (pause !== null) warn(`Paused by ${pause.actor} until ${pause.until}: a sweep by hand goes on all the same.`);
    if ((await sweeper.schedule.findEqual(request)) !== null)
      warn('An equal sweep is queued or running: it is joined.');
    const once = await sweeper.once(request, act, told);
    if ('kind' in once) throw notQueued(once, request);
    return once;
  });
}

interface Ended {
  readonly sweep: Sweep;
  readonly elsewhere: boolean;
  readonly attempts: readonly Attempt[];
}

async function read({ home, config }: CommandDeps, { sweepId, joined, elsewhere }: Once): Promise<Ended> {
  const row = await readSweep(home.database, config.tenant, sweepId);
  if (row === null) throw new ProblemError('not_found', `${PROBLEMS.not_found.title}: the sweep is not kept any more.`);
  const attempts: Attempt[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAttempts(home.database, config.tenant, { sweepId }, { cursor, limit: PAGE });
    attempts.push(...page.items.map(attemptOnWire));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  // In the order in which they were made.
  return { sweep: sweepOnWire(row, joined), elsewhere, attempts: attempts.reverse() };
}

function lines({ sweep: of, elsewhere, attempts }: Ended): string[] {
  const made = attempts.map(({ outcome, workspaceName, workspaceId, instanceId, error }) => [
    (outcome ?? 'under way').replaceAll('_', ' '),
    workspaceName ?? '–',
    workspaceId,
    instanceId,
    error === null ? '' : [error.class, error.message].filter((word) => word !== null).join(': '),
  ]);
  const counts = [...OUTCOMES, 'deferred']
    .filter((outcome) => (of.counts[outcome] ?? 0) > 0)
    .map((outcome) => `${of.counts[outcome]} ${outcome.replaceAll('_', ' ')}`);
  const by = elsewhere && of.replica !== null ? `, run by ${of.replica}` : '';
  const left = of.open === null ? '' : `; ${count(of.open, 'orphan')} open`;
  const what = `${of.dryRun ? 'Dry run' : 'Sweep'} ${of.id}${by}`;
  const came = of.result === 'dry_run' ? counts : [of.result.replaceAll('_', ' '), ...counts];
  return [...aligned(made), `${what}: ${came.join(', ')}${left}.`, ...(of.error === null ? [] : [of.error])];
}

const GOOD: readonly SweepResult[] = ['cleared', 'nothing_to_do', 'dry_run'];

function exitOf({ result, error }: Sweep): ExitCode {
  return GOOD.includes(result) && error === null ? EXIT.done : EXIT.wrong;
}
