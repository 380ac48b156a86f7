import { deletePause } from '../changes.ts';
import { Since, Until } from '../components/When.tsx';
import { useStatus } from '../hooks/useStatus.ts';
import { named } from '../lib/named.ts';
import { AtStake } from './AtStake.tsx';
import { Frame } from './Frame.tsx';
import { NoWayBack } from './NoWayBack.tsx';

/** Ends a pause before its time. */
export function ResumeDialog() {
  const pause = useStatus().status?.pause ?? null;
  return (
    <Frame title="Resume sweeping" press="Resume" actor="required" act={(actor) => deletePause(actor)}>
      {pause === null ? (
        <p>Sweeping is not paused any more.</p>
      ) : (
        <p className="break-words">
          Paused by {named(pause.actor, pause.verified)} since <Since time={pause.since} />: {pause.reason}. It would
          end by itself <Until time={pause.until} />.
        </p>
      )}
      <AtStake />
      <p>
        From the next sweep on, those that are due are stopped again by themselves. <NoWayBack />
      </p>
    </Frame>
  );
}
