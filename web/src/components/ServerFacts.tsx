import type { ReactNode } from 'react';
import type { ConfigAnswer } from '../../../server/api/config.ts';
import type { Status } from '../../../server/api/status.ts';
import { useStatus } from '../hooks/useStatus.ts';
import { knownAs, positiveControlWords } from '../lib/server-facts.ts';
import { Facts } from './Facts.tsx';
import { Id } from './Id.tsx';
import { Ago, Until } from './When.tsx';

/** Which of several servers this is, what it sweeps, and whether it may be believed. */
export function ServerFacts({ settings }: { readonly settings: ConfigAnswer }) {
  const { status } = useStatus();
  if (status === null) return null;
  const { environment, tenant, fingerprints, backend, lastObserve } = status;
  const known = knownAs(status);
  return (
    <section aria-labelledby="server" className="card space-y-3 p-4">
      <h2 id="server" className="font-semibold">
        This server
      </h2>
      <Facts
        facts={[
          ['Version', settings.version],
          ['Replica', settings.replica],
          ['Environment', environment ?? 'not named'],
          ['Tenant', tenant],
          ['Lease', <Lease key="lease" lease={status.lease} replica={settings.replica} />],
          ['Platform', fingerprints.here === null ? 'not known' : <Fingerprint key="here" of={fingerprints.here} />],
          ['Tenant known as', known && <Fingerprint key="known" of={known} />],
          [
            'Last look at it',
            lastObserve.observedAt === null ? 'none yet' : <Ago key="look" time={lastObserve.observedAt} />,
          ],
          [
            'Positive control',
            <Control key="control" words={positiveControlWords(status, settings)} at={backend.positiveControlAt} />,
          ],
          [
            'Last accepted Stop',
            backend.lastSuccessAt === null ? 'none yet' : <Ago key="stop" time={backend.lastSuccessAt} />,
          ],
          ['API', <Api key="api" />],
        ]}
      />
    </section>
  );
}

/** Only one replica sweeps at a time: the one that holds it. */
function Lease({ lease, replica }: { readonly lease: Status['lease']; readonly replica: string }): ReactNode {
  if (lease === null) return 'nobody sweeps at this moment';
  return (
    <>
      {lease.holder === replica ? 'held by this replica' : `held by ${lease.holder}`}, ends <Until time={lease.until} />
    </>
  );
}

function Fingerprint({ of }: { readonly of: string }) {
  return <Id id={of} what="fingerprint" whole />;
}

function Control({ words, at }: { readonly words: string; readonly at: string | null }) {
  return (
    <>
      {words}
      {at !== null && (
        <span className="text-soft">
          , <Ago time={at} />
        </span>
      )}
    </>
  );
}

function Api() {
  return (
    <a href="/api/openapi.json" className="link">
      OpenAPI document
    </a>
  );
}
