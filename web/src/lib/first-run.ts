import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import type { BackendKind, PlatformFaultCode } from '../../../server/sweep/outcome.ts';
import {
  allowWrites,
  bypassRowSecurity,
  COLUMNS,
  createRole,
  createView,
  findTable,
  grants,
  listColumns,
  listStatuses,
  SHOW_READ_ONLY,
  SHOW_REPLICA,
  showGrants,
  showRow,
  viewOf,
} from './platform-sql.ts';
import { isSet, platformTable } from './settings.ts';
import { type TableName, tableNamed } from './sql-names.ts';

/** Something to copy. Its gaps (`gaps.ts`) are to be filled in. */
export interface Snippet {
  /** What it is for: a sentence above it. */
  readonly about: string;
  /** On the button. */
  readonly copy: string;
  readonly text: string;
}

/** One thing that is missing, and what to do about it. */
export interface SetUpStep {
  readonly title: string;
  /** What the platform answered, where the verdict is about something else. */
  readonly said?: string | null;
  readonly words: string;
  readonly snippets: readonly Snippet[];
}

/** Where the server knows no name of a role. */
const A_ROLE = 'THE_ROLE';

interface Place {
  readonly table: TableName;
  /** As in PLATFORM_TABLE. */
  readonly written: string;
  readonly role: string;
  /** The platform has never been looked at. */
  readonly neverSeen: boolean;
  /** What stops instances; where nothing does yet, a control plane is what people set up. */
  readonly kind: BackendKind;
}

/** What has to be set before anything can be found and stopped, in the order in which it is needed. */
export function setUpSteps(status: Status, settings: ConfigAnswer): readonly SetUpStep[] {
  const { platform, backend, observedAt } = status;
  const written = platformTable(settings);
  const steps: SetUpStep[] = [];
  if (platform.fault !== undefined) {
    const { kind, role } = platform.fault;
    const place: Place = {
      table: tableNamed(written),
      written,
      role: role ?? A_ROLE,
      neverSeen: observedAt === null,
      kind: backend.kind ?? 'control-plane',
    };
    const step = kind === 'no_table' && hasNoDatabase(settings) ? noDatabase(place) : STEPS[kind](place);
    if (step !== null) steps.push({ ...step, said: isTheVerdict(status) ? null : platform.error });
  }
  if (backend.state === 'not_configured') steps.push(CONTROL_PLANE);
  return steps;
}

/** The verdict says first what holds for every platform; of another platform it says this very sentence. */
function isTheVerdict({ sweeper, brake, platform }: Status): boolean {
  const rests = sweeper.state === 'disabled' || sweeper.state === 'late' || brake !== null;
  return !rests || sweeper.reason === platform.error;
}

function hasNoDatabase(settings: ConfigAnswer): boolean {
  return !isSet(settings, 'DATABASE_URL') && !isSet(settings, 'PLATFORM_DATABASE_URL');
}

const CONTROL_PLANE: SetUpStep = {
  title: 'Say who stops instances',
  words:
    'The control plane of the platform is asked to stop what has leaked. Both secrets are those that the platform ' +
    'itself uses; leave out the one that your control plane does not ask for. Begin with a dry run, which lists what ' +
    'would be stopped and stops nothing. Settings are read at the start: restart the server.',
  snippets: [
    {
      about: 'In the environment of the server:',
      copy: 'Copy the settings',
      text: `CONTROL_PLANE_URL=https://CONTROL_PLANE_HOST
CONTROL_PLANE_SHARED_SECRET=THE_SHARED_SECRET
CONTROL_PLANE_ADMIN_TOKEN=THE_ADMIN_TOKEN
SWEEP_DRY_RUN=true`,
    },
  ],
};

const ENGINE: SetUpStep = {
  title: 'Say where the Docker Engine is',
  words:
    'The sentence above says what was answered. The user that the server runs as must be able to use the socket. ' +
    'Settings are read at the start: restart the server.',
  snippets: [
    {
      about: 'In the environment of the server:',
      copy: 'Copy the setting',
      text: 'DOCKER_HOST=unix:///var/run/docker.sock',
    },
  ],
};

function noDatabase({ table, written, kind }: Place): SetUpStep {
  return {
    title: "Say where the platform's database is",
    words:
      `DATABASE_URL is not set. Orphan Sweeper has brought a database of its own, which has no table ${written}. Give ` +
      'it a role in the database of the platform and a schema there for what it remembers, then restart the server.',
    snippets: [
      {
        about: "In the platform's database, as the owner of the table:",
        copy: 'Copy the SQL',
        text: createRole(table, kind),
      },
      {
        about: 'In the environment of the server:',
        copy: 'Copy the setting',
        text: 'DATABASE_URL=postgres://orphan_sweeper:A_PASSWORD@DATABASE_HOST:5432/DATABASE_NAME',
      },
    ],
  };
}

const tableSetting = (text: string, about: string): Snippet => ({
  about,
  copy: 'Copy the setting',
  text: `PLATFORM_TABLE=${text}`,
});

const addressSetting = (host: string, role: string, about: string): Snippet => ({
  about,
  copy: 'Copy the setting',
  text: `PLATFORM_DATABASE_URL=postgres://${encodeURIComponent(role)}:THE_PASSWORD@${host}:5432/DATABASE_NAME`,
});

const columnsSnippet = ({ table, written }: Place): Snippet => ({
  about: `Which columns ${written} has, for a role that may read it:`,
  copy: 'Copy the question',
  text: listColumns(table),
});

const OTHERWISE = 'Where it is named otherwise, its name exactly as it is written. Restart the server:';
const readIn = (kind: BackendKind): string => `${COLUMNS[kind].slice(0, -1).join(', ')} and ${COLUMNS[kind].at(-1)}`;
const writtenIn = (kind: BackendKind): string =>
  kind === 'docker'
    ? 'none of these is written'
    : 'of these instance_id and updated_at are written, and nothing else is';
const HEALS = 'It is looked at again by itself: no restart is needed.';

function elsewhere({ role, neverSeen }: Place): SetUpStep | null {
  // What has answered before is away, and not set wrong.
  if (!neverSeen) return null;
  return {
    title: "Say where the platform's database is",
    words: 'The sentence above says what was answered. Settings are read at the start: restart the server.',
    snippets: [addressSetting('DATABASE_HOST', role, 'In the environment of the server:')],
  };
}

/** What to do about each kind of fault; null: nothing that could be copied helps. */
const STEPS: Readonly<Record<PlatformFaultCode, (place: Place) => SetUpStep | null>> = {
  unreachable: elsewhere,
  refused: elsewhere,
  no_table: ({ table, written, kind }) => ({
    title: "Name the platform's table",
    words: `There is no ${written}. A table is needed with the columns ${readIn(kind)}; ${writtenIn(kind)}.`,
    snippets: [
      {
        about: "Which tables it could be, for a role that may read the platform's tables:",
        copy: 'Copy the question',
        text: findTable(table, kind),
      },
      tableSetting('SCHEMA.TABLE', OTHERWISE),
    ],
  }),
  no_column: (place) => ({
    title: 'Give each column its name',
    words: `The columns ${readIn(place.kind)} are read in ${place.written}. Where they are named otherwise, a view gives them these names.`,
    snippets: [
      columnsSnippet(place),
      {
        about: "A view, as the table's owner. Put in what the columns are called:",
        copy: 'Copy the view',
        text: createView(place.table, place.role, place.kind),
      },
      tableSetting(`${place.table.schema}.${viewOf(place.table).name}`, 'Then name the view, and restart the server:'),
    ],
  }),
  no_grant: ({ table, written, role, kind }) => ({
    title: kind === 'docker' ? 'Let the role read the table' : 'Let the role read the table and clear ids',
    words: `${role} needs to read ${written}${kind === 'docker' ? '' : ' and to write two columns of it'}. ${HEALS}`,
    snippets: [
      { about: "As the table's owner:", copy: 'Copy the grants', text: grants(table, role, kind) },
      { about: 'Whether that is enough:', copy: 'Copy the question', text: showGrants(table, role, kind) },
    ],
  }),
  row_security: ({ role, written }) => ({
    title: 'Let the role see every row',
    words:
      `Row security on ${written} could hide rows, and a hidden row is not a missing one. ${HEALS} Or connect as the ` +
      "table's owner, without FORCE ROW LEVEL SECURITY (PLATFORM_DATABASE_URL).",
    snippets: [{ about: 'As a superuser:', copy: 'Copy the SQL', text: bypassRowSecurity(role) }],
  }),
  read_only: ({ role }) => ({
    title: 'Let the role write',
    words: 'No id can be cleared by a session that may only read. New sessions follow the setting: restart the server.',
    snippets: [
      { about: 'What makes it read-only, as this role:', copy: 'Copy the question', text: SHOW_READ_ONLY },
      { about: 'Where it is set for the role, as a superuser:', copy: 'Copy the SQL', text: allowWrites(role) },
    ],
  }),
  replica: ({ role, kind }) => ({
    title: 'Ask the primary',
    words: kind === 'docker' ? 'A replica lags.' : 'A replica lags, and cannot clear an id.',
    snippets: [
      { about: 'Whether a server is one:', copy: 'Copy the question', text: SHOW_REPLICA },
      addressSetting('PRIMARY_HOST', role, 'In the environment of the server. Then restart it:'),
    ],
  }),
  no_removed: ({ table, written }) => ({
    title: 'Find the status of what is removed',
    words: `A workspace that is removed must have the status 'removed' in ${written}, or it is never found.`,
    snippets: [
      { about: 'Which values it can have:', copy: 'Copy the question', text: listStatuses(table) },
      tableSetting('SCHEMA.TABLE', OTHERWISE),
    ],
  }),
  timeout: () => ({
    title: 'Make a look cheap',
    words: 'Two indexes make it take a millisecond instead of the whole table. This prints them and changes nothing.',
    snippets: [
      {
        about: 'Where Orphan Sweeper is installed:',
        copy: 'Copy the command',
        text: 'npm run platform:index -- --print',
      },
    ],
  }),
  not_ours: () => ({
    title: 'Say which platform this is',
    words:
      'The orphans that are known belong to another database or table, and would be taken for resolved. If the ' +
      'database only moved, or its address was wrong at first, set PLATFORM_MOVED_FROM as the sentence above has it. Else give this platform a name of its own. Then ' +
      'restart the server.',
    snippets: [
      {
        about: 'For a platform of its own, in the environment of the server:',
        copy: 'Copy the setting',
        text: 'TENANT=A_NAME_OF_ITS_OWN',
      },
    ],
  }),
  empty: ({ table, written }) => ({
    title: 'Find the rows again',
    words: `Orphans are known, and ${written} holds no row at all: it may be another table, or have been emptied. ${HEALS}`,
    snippets: [
      { about: 'Whether it has rows:', copy: 'Copy the question', text: showRow(table) },
      tableSetting('SCHEMA.TABLE', OTHERWISE),
    ],
  }),
  // As of a database: what has answered before is away, and not set wrong.
  engine: ({ neverSeen }) => (neverSeen ? ENGINE : null),
  failed: (place) => ({
    title: 'Look at the table',
    words: 'The sentence above says what was answered.',
    snippets: [columnsSnippet(place), tableSetting('SCHEMA.TABLE', OTHERWISE)],
  }),
};
