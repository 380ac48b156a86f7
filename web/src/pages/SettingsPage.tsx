import { Loading } from '../components/Loading.tsx';
import { PageHead } from '../components/PageHead.tsx';
import { useSettings } from '../hooks/useSettings.ts';
import { useStatus } from '../hooks/useStatus.ts';

const SOURCES = { default: 'default', environment: 'environment', file: 'file' } as const;

/** Every setting, its value, and where it came from. They are changed in the environment of the server. */
export function SettingsPage() {
  const { status } = useStatus();
  const settings = useSettings(status);
  return (
    <div className="space-y-4">
      <PageHead title="Settings" outdated={false} asOf={null} />
      <p className="text-sm text-soft">
        Read only: they come from the environment of the server
        {settings !== null && `, version ${settings.version}, replica ${settings.replica}`}.
      </p>
      {settings === null ? (
        <Loading rows={8} />
      ) : (
        <dl className="card divide-y divide-line px-4 text-sm">
          {settings.settings.map(({ name, value, source, secret, set, meaning }) => (
            <div key={name} className="grid gap-x-6 gap-y-0.5 py-3 md:grid-cols-[20rem_1fr]">
              <dt className="font-mono text-[0.8125rem] font-semibold break-all">{name}</dt>
              <dd className="min-w-0">
                <span className="font-mono text-[0.8125rem] break-all">{shown(value, secret, set)}</span>
                <span className="text-soft"> · {SOURCES[source]}</span>
                <span className="block text-soft">{meaning}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function shown(value: string | number | boolean | null, secret: boolean, set: boolean): string {
  if (secret) return set ? 'set, and not shown' : 'not set';
  return value === null ? 'not set' : String(value);
}
