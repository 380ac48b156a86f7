import { actingNow, explainedBackend, type Orphan, type OrphanListAnswer, orphanOnWire } from '../api/orphans.ts';
import { DEFAULT_LIMIT, iso } from '../api/wire.ts';
import { listOrphans, type SortedFilter, walkOrphans } from '../sweep/orphan-list.ts';
import { FAILURE_CLASSES, ORPHAN_SORTS, ORPHAN_STATES, WHYS } from '../sweep/outcome.ts';
import { type Given, JSON_OPTION, type RunnableCommand } from './command.ts';
import { EXIT } from './exit-code.ts';
import { type CommandDeps, withHome } from './home.ts';
import { aligned, count, duration } from './words.ts';

const MOST_LISTED = 100_000;
/** So many are read at once. */
const PAGE = 200;

export const orphans: RunnableCommand = {
  name: 'orphans',
  summary: 'Lists the orphans there are, from what the last look at the platform has found',
  about: ['The platform is not looked at: the last line says how old this is.'],
  options: {
    state: { takes: 'STATE', words: ORPHAN_STATES, meaning: 'only these; all that are open unless told' },
    class: { takes: 'CLASS', words: FAILURE_CLASSES, meaning: 'only those whose last attempt failed like this' },
    why: { takes: 'WHY', words: WHYS, meaning: 'only those that are listed for this' },
    q: { takes: 'TEXT', meaning: 'only those with this in their name or an id' },
    sort: { takes: 'ORDER', words: ORPHAN_SORTS, meaning: 'in which order; urgent unless told' },
    limit: { takes: 'N', meaning: `how many at most; ${DEFAULT_LIMIT} unless told` },
    json: JSON_OPTION,
  },
  exits: {
    [EXIT.done]: 'listed, be it none',
    [EXIT.usage]: 'the command line or the settings are wrong',
    [EXIT.away]: 'the home database could not be asked, or nothing is remembered yet',
  },
  async run(context, given) {
    const filter = filterOf(given);
    const answer = await withHome(context, 'visit', (deps) => list(deps, filter));
    if (given.flag('json')) context.tell(JSON.stringify(answer));
    else for (const line of lines(answer, new Date())) context.tell(line);
    return EXIT.done;
  },
};

function filterOf(given: Given): SortedFilter {
  return {
    state: given.oneOf('state', ORPHAN_STATES) ?? undefined,
    class: given.oneOf('class', FAILURE_CLASSES) ?? undefined,
    why: given.oneOf('why', WHYS) ?? undefined,
    q: given.text('q') ?? undefined,
    sort: given.oneOf('sort', ORPHAN_SORTS) ?? 'urgent',
    limit: given.whole('limit', 1, MOST_LISTED) ?? DEFAULT_LIMIT,
  };
}

/** In the form of `GET /api/orphans`; `nextCursor` is null, since there is no next page to ask for. */
async function list({ config, home }: CommandDeps, filter: SortedFilter): Promise<OrphanListAnswer> {
  const { limit } = filter;
  const first = await listOrphans(home.database, config.tenant, { ...filter, limit: Math.min(limit, PAGE) });
  const { total, observedAt, stale, standing } = first;
  const rows = [...first.items];
  let cursor = first.nextCursor;
  while (cursor !== null && rows.length < limit) {
    const page = { ...filter, cursor, limit: Math.min(limit - rows.length, PAGE) };
    const next = await walkOrphans(home.database, config.tenant, page);
    rows.push(...next.items);
    cursor = next.nextCursor;
  }
  const acting = actingNow(config, home, standing);
  const items = rows.map((row) => orphanOnWire(row, acting, explainedBackend(config)));
  return { items, nextCursor: null, total, observedAt: iso(observedAt), stale };
}

function lines({ items, total, observedAt }: OrphanListAnswer, now: Date): string[] {
  const age = (from: string) => duration(now.getTime() - Date.parse(from));
  const looked =
    observedAt === null ? 'the platform has not been looked at yet' : `looked at ${age(observedAt)} ago, ${observedAt}`;
  const row = (orphan: Orphan): string[] => [
    orphan.state,
    age(orphan.orphanedAt),
    orphan.workspaceName ?? '–',
    orphan.workspaceId,
    orphan.instanceId,
    orphan.explanation,
  ];
  const header = ['STATE', 'SINCE', 'NAME', 'WORKSPACE', 'INSTANCE', 'WHY IT IS STILL HERE'];
  const table = items.length === 0 ? [] : aligned([header, ...items.map(row)]);
  const shown = items.length < total ? `${items.length} of ${count(total, 'orphan')}` : count(total, 'orphan');
  return [...table, `${shown}; ${looked}.`];
}
