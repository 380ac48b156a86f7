import type { ApiToken } from '../../../server/api/tokens.ts';
import { useDialog } from '../hooks/useDialog.ts';
import { Ago, Until } from './When.tsx';

/** One API token, and the way to shut it out. */
export function TokenLine({ token }: { readonly token: ApiToken }) {
  const { name, role, createdAt, createdBy, expiresAt, expired, lastUsedAt } = token;
  const { open } = useDialog();
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 py-3">
      <div className="min-w-0 flex-1 basis-64 space-y-0.5">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <strong className="min-w-0 break-words">{name}</strong>
          <span>{role}</span>
          {expired && <strong className="text-bad">Expired</strong>}
        </p>
        <p className="break-words text-soft">
          Given out by {createdBy}, <Ago time={createdAt} />
        </p>
        <p className="text-soft">
          {expired ? (
            <>
              Expired <Ago time={expiresAt} />
            </>
          ) : (
            <>
              Expires <Until time={expiresAt} />
            </>
          )}
          {' · '}
          {lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Ago time={lastUsedAt} />
            </>
          )}
        </p>
      </div>
      <button
        type="button"
        aria-label={`Revoke ${name}…`}
        className="button min-h-11 px-3 text-sm sm:min-h-8"
        onClick={() => open({ kind: 'revoke_token', token })}
      >
        Revoke…
      </button>
    </li>
  );
}
