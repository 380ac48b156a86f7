import { getRouteApi } from '@tanstack/react-router';
import { ActionBar } from '../components/ActionBar.tsx';
import { Causes } from '../components/Causes.tsx';
import { ContainersApart } from '../components/ContainersApart.tsx';
import { OrphanHistory } from '../components/OrphanHistory.tsx';
import { SweepReport } from '../components/SweepReport.tsx';
import { SweepStrip } from '../components/SweepStrip.tsx';
import { UrgentOrphans } from '../components/UrgentOrphans.tsx';
import { VerdictCard } from '../components/VerdictCard.tsx';
import { useStatus } from '../hooks/useStatus.ts';
import { useWide } from '../hooks/useWide.ts';
import { isOutdated } from '../lib/connection.ts';
import { needsSetUp, seemsNew } from '../lib/first-run-needed.ts';
import { LateNothingYet, LateSetUp } from './late.ts';

const route = getRouteApi('/');

/** Is something leaking, does it need me, why is it still here, and what do I press. */
export function NowPage() {
  const { window = '24h' } = route.useSearch();
  const { status, connection } = useStatus();
  const outdated = isOutdated(connection) ? 'outdated' : '';
  const wide = useWide();
  return (
    <div className="space-y-3 pb-36 sm:space-y-4 sm:pb-0">
      <VerdictCard />
      {status !== null && needsSetUp(status) && (
        <div className={outdated}>
          <LateSetUp />
        </div>
      )}
      <SweepReport />
      {wide ? (
        <div className={`grid items-stretch gap-4 lg:grid-cols-2 ${outdated}`}>
          <Causes />
          {/* After what matters more has come. */}
          <SweepStrip enabled={status !== null} />
        </div>
      ) : (
        <div className={outdated}>
          <Causes />
        </div>
      )}
      {status?.backend.kind === 'docker' && (
        <div className={`space-y-3 empty:hidden sm:space-y-4 ${outdated}`}>
          <ContainersApart leftAlone={status.backend.leftAlone} />
        </div>
      )}
      <UrgentOrphans />
      {status !== null && !needsSetUp(status) && seemsNew(status) && <LateNothingYet />}
      {wide && <OrphanHistory window={window} enabled={status !== null} />}
      <ActionBar />
    </div>
  );
}
