import { useState } from 'react';
import { getTokens } from '../api.ts';
import { type CreatedToken, useDialog } from '../hooks/useDialog.ts';
import { useOutdated } from '../hooks/useOutdated.ts';
import { usePoll } from '../hooks/usePoll.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { useWhyNot } from '../hooks/useWhyNot.ts';
import { Failure } from './Failure.tsx';
import { Loading } from './Loading.tsx';
import { NewToken } from './NewToken.tsx';
import { TokenLine } from './TokenLine.tsx';

/** With what scripts come in: who has given it out, what it may do, and until when. */
export function ApiTokens() {
  const why = useWhyNot('admin');
  return (
    <section aria-labelledby="tokens" className="card space-y-3 p-4">
      <h2 id="tokens" className="font-semibold">
        API tokens
      </h2>
      {why === null ? <Tokens /> : <p className="text-sm text-soft">With these scripts sign in. {why}</p>}
    </section>
  );
}

function Tokens() {
  const { status } = useStatus();
  const { open } = useDialog();
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const poll = usePoll({ queryKey: ['tokens'], queryFn: ({ signal }) => getTokens(signal) });
  const outdated = useOutdated(poll);
  const { data, error } = poll;
  return (
    <>
      <p className="text-sm text-soft">
        A script sends one as <code className="font-mono">Authorization: Bearer …</code> with each call.
        {status?.you.proof === 'open' && ' Nobody has to sign in here: a token only says who did something.'}
      </p>
      {created !== null && <NewToken created={created} onDone={() => setCreated(null)} />}
      {data === undefined && error !== null && <Failure what="The tokens" error={error} />}
      {data === undefined && error === null && <Loading rows={2} />}
      {data?.body.items.length === 0 && <p className="text-sm">None is given out.</p>}
      <ul className={`divide-y divide-line text-sm empty:hidden ${outdated ? 'outdated' : ''}`}>
        {data?.body.items.map((token) => (
          <TokenLine key={token.id} token={token} />
        ))}
      </ul>
      <button
        type="button"
        className="button max-sm:w-full"
        onClick={() => open({ kind: 'create_token', onCreated: setCreated })}
      >
        Give out a token…
      </button>
    </>
  );
}
