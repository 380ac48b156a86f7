import { createToken, listTokens, MOST_TOKEN_DAYS, revokeToken, type TokenRow } from '../access/tokens.ts';
import { isActor } from '../api/act.ts';
import { homeOf, homeToChange } from '../api/deps.ts';
import { ProblemError } from '../api/problem.ts';
import { tokenOnWire } from '../api/tokens.ts';
import { ROLES } from '../sweep/outcome.ts';
import { ACTOR_OPTION, actOf, orRefused } from './act.ts';
import { JSON_OPTION, type Option, type RunnableCommand } from './command.ts';
import { UsageError } from './command-line.ts';
import { EXIT } from './exit-code.ts';
import { withHome } from './home.ts';
import { aligned } from './words.ts';

const DEFAULT_DAYS = 90;
const NAME: Option = { takes: 'NAME', required: true, meaning: 'under which its changes are written down' };
const EXITS = {
  [EXIT.usage]: 'the command line or the settings are wrong',
  [EXIT.away]: 'a database could not be asked',
};

/** For the first one, and for those who have no console. */
export const tokenCreate: RunnableCommand = {
  name: 'token create',
  summary: 'Gives out an API token, and prints it: it is shown this once, and kept nowhere',
  about: ['A script sends it as "Authorization: Bearer …".'],
  options: {
    name: NAME,
    role: { takes: 'ROLE', words: ROLES, required: true, meaning: 'what it may' },
    days: { takes: 'N', meaning: `after how many it expires; ${DEFAULT_DAYS} unless told, at most ${MOST_TOKEN_DAYS}` },
    reason: { takes: 'TEXT', meaning: 'why; it is kept with the name' },
    actor: ACTOR_OPTION,
    json: JSON_OPTION,
  },
  exits: { [EXIT.done]: 'given out', [EXIT.wrong]: 'refused: another one has this name', ...EXITS },
  async run(context, given) {
    const act = actOf(context, given);
    const name = given.text('name') ?? '';
    if (!isActor(name)) throw new UsageError('--name must be 1 to 80 characters in one line, and not blank.');
    const role = given.oneOf('role', ROLES) ?? 'viewer';
    const days = given.whole('days', 1, MOST_TOKEN_DAYS) ?? DEFAULT_DAYS;
    const created = await withHome(context, 'visit', (deps) =>
      orRefused(deps, act, 'create_token', async () => {
        const made = await createToken(homeToChange(deps).database, deps.config.tenant, { name, role, days }, act);
        if (made.kind === 'created') return { id: made.id, token: made.token };
        throw new ProblemError('name_taken', `There is a token ${JSON.stringify(name)} already: revoke it first.`);
      }),
    );
    context.tell(given.flag('json') ? JSON.stringify(created) : created.token);
    return EXIT.done;
  },
};

export const tokenList: RunnableCommand = {
  name: 'token list',
  summary: 'Lists the API tokens that are not revoked, by name',
  about: [],
  options: { json: JSON_OPTION },
  exits: { [EXIT.done]: 'listed', ...EXITS },
  async run(context, given) {
    const rows = await withHome(context, 'visit', (deps) => listTokens(homeOf(deps).database, deps.config.tenant));
    if (given.flag('json')) context.tell(JSON.stringify({ items: rows.map(tokenOnWire) }));
    else if (rows.length === 0) context.tell('No API token is given out.');
    else for (const line of aligned(rows.map(cells))) context.tell(line);
    return EXIT.done;
  },
};

function cells({ name, role, expiresAt, expired, lastUsedAt, createdBy }: TokenRow): string[] {
  return [
    name,
    role,
    `${expired ? 'expired' : 'until'} ${expiresAt.toISOString()}`,
    lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString()}`,
    `by ${createdBy}`,
  ];
}

export const tokenRevoke: RunnableCommand = {
  name: 'token revoke',
  summary: 'Revokes an API token; replicas that run have forgotten it within ten seconds',
  about: [],
  options: {
    name: { takes: 'NAME', required: true, meaning: 'which' },
    reason: { takes: 'TEXT', meaning: 'why; it is kept with the name' },
    actor: ACTOR_OPTION,
  },
  exits: { [EXIT.done]: 'revoked', [EXIT.wrong]: 'refused: there is none of this name', ...EXITS },
  async run(context, given) {
    const act = actOf(context, given);
    const name = given.text('name') ?? '';
    await withHome(context, 'visit', (deps) =>
      orRefused(deps, act, 'revoke_token', async () => {
        const { database } = homeToChange(deps);
        const { tenant } = deps.config;
        const found = (await listTokens(database, tenant)).find((row) => row.name === name);
        const revoked = found === undefined ? null : await revokeToken(database, tenant, found.id, act);
        if (revoked === null) throw new ProblemError('not_found', `There is no API token ${JSON.stringify(name)}.`);
      }),
    );
    context.tell(`Revoked ${name}.`);
    return EXIT.done;
  },
};
