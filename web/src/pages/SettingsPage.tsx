import type { ConfigAnswer } from '../../../server/api/config.ts';
import { ApiTokens } from '../components/ApiTokens.tsx';
import { Failure } from '../components/Failure.tsx';
import { Loading } from '../components/Loading.tsx';
import { Notifications } from '../components/Notifications.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { ServerFacts } from '../components/ServerFacts.tsx';
import { useSettingsAnswer } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { type Connection, isOutdated } from '../lib/connection.ts';
import { connectionWords } from '../lib/trust.ts';

type Setting = ConfigAnswer['settings'][number];

const SOURCES = { default: 'default', environment: 'environment', '.env': '.env', file: 'file' } as const;

/** Which server this is; and every setting, its value, and where it came from. */
export function SettingsPage() {
  const { status, connection } = useStatus();
  const { data, error } = useSettingsAnswer(status);
  const settings = data?.body ?? null;
  return (
    <div className="space-y-4">
      <PageHead title="Settings" outdated={false} asOf={null} />
      {settings === null && error !== null && <Failure what="The settings" error={error} />}
      {settings === null && error === null && <Waiting connection={connection} />}
      {settings !== null && (
        <>
          <ServerFacts settings={settings} />
          <ApiTokens />
          <Notifications />
          <section aria-labelledby="values" className="card px-4">
            <h2 id="values" className="pt-4 font-semibold">
              {settings.settings.length} settings
            </h2>
            <p className="pb-2 text-sm text-soft">
              Read only: they come from the environment of the server, or from the .env where it was started, and are
              read when it starts.
            </p>
            <dl className="divide-y divide-line text-sm">
              {settings.settings.map((setting) => (
                <SettingLine key={setting.name} setting={setting} />
              ))}
            </dl>
          </section>
        </>
      )}
    </div>
  );
}

/** What was set here stands out from what nobody has touched. */
function SettingLine({ setting }: { readonly setting: Setting }) {
  const { name, source, meaning, wants } = setting;
  return (
    <div className="grid gap-x-6 gap-y-0.5 py-3 md:grid-cols-[20rem_1fr]">
      <dt className="font-mono text-[0.8125rem] font-semibold break-all">{name}</dt>
      <dd className="min-w-0">
        <span
          className={`font-mono text-[0.8125rem] break-all ${source === 'default' ? 'text-soft' : 'font-semibold'}`}
        >
          {shown(setting)}
        </span>
        <span className="text-soft"> · {SOURCES[source]}</span>
        <span className="block text-soft">
          {meaning} Wants {wants}.
        </span>
      </dd>
    </div>
  );
}

/** They are asked for once the server has answered at all. */
function Waiting({ connection }: { readonly connection: Connection }) {
  if (connection === 'checking' || !isOutdated(connection)) return <Loading rows={8} />;
  return <Failure what="The settings" error={new Error(`${connectionWords(connection)}.`)} />;
}

function shown({ value, secret, set }: Setting): string {
  if (secret) return set ? 'set, and not shown' : 'not set';
  return value === null ? 'not set' : String(value);
}
