import { type Environment, settingNamesIn } from './environment.ts';

/** Where it listens and how much it logs: nothing of it leads to anybody's instances. */
const KEPT = ['HOST', 'PORT', 'ALLOWED_HOSTS', 'ALLOW_ANONYMOUS', 'LOG_LEVEL'];

/** What pg reads where a connection string says nothing; each would steer a database of our own, too. */
const READ_BY_PG = [
  ...['PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGPASSFILE', 'PGDATABASE', 'PGOPTIONS', 'PGAPPNAME', 'PGBINARY'],
  ...['PGSSLMODE', 'PGSSLNEGOTIATION', 'PGCLIENT_ENCODING', 'PGREPLICATION', 'PGCONNECT_TIMEOUT'],
];

export interface Isolated {
  readonly kept: Environment;
  /** Names that are set and must not count. Whoever can should also take them away from the libraries. */
  readonly ignored: readonly string[];
  /** Says so; null when nothing is ignored. */
  readonly sentence: string | null;
}

/**
 * What the demo, the tests and the benchmark take of an environment. They leak, break and stop on purpose: whatever
 * database, control plane or sweeping the shell of a person is set up for, they must not go there.
 *
 * @param who begins the sentence, as in "The demo"
 */
export function isolate(env: Environment, who: string): Isolated {
  const ignored = [
    ...settingNamesIn(env).filter((name) => !KEPT.includes(name)),
    ...READ_BY_PG.filter((name) => (env[name] ?? '') !== ''),
  ];
  return {
    kept: Object.fromEntries(KEPT.flatMap((name) => (env[name] ? [[name, env[name]]] : []))),
    ignored,
    sentence:
      ignored.length === 0
        ? null
        : `${who} works only on what it has started itself, and ignores these settings: ${ignored.join(', ')}.`,
  };
}
