import type { ApiToken } from '../../../server/api/tokens.ts';
import { deleteToken } from '../changes.ts';
import { Ago } from '../components/When.tsx';
import { Frame } from './Frame.tsx';

/** Shuts a script out for good. */
export function RevokeTokenDialog({ token: { id, name, role, lastUsedAt } }: { readonly token: ApiToken }) {
  return (
    <Frame
      title={`Revoke the API token ${name}`}
      press="Revoke it"
      actor="required"
      act={(actor) => deleteToken(id, actor)}
    >
      <p>
        Role {role}, {lastUsedAt === null ? 'never used' : <Used time={lastUsedAt} />}.
      </p>
      <p>
        Whatever calls with it is refused from now on, by other replicas within ten seconds. That cannot be undone, but
        another one can be given out under the same name.
      </p>
    </Frame>
  );
}

function Used({ time }: { readonly time: string }) {
  return (
    <>
      last used <Ago time={time} />
    </>
  );
}
