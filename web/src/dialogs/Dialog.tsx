import type { DialogProps } from '../components/DialogProvider.tsx';
import type { DialogRequest } from '../hooks/useDialog.ts';
import { AcknowledgeDialog } from './AcknowledgeDialog.tsx';
import { AfterDryRunDialog } from './AfterDryRunDialog.tsx';
import { CancelDialog } from './CancelDialog.tsx';
import { CreateTokenDialog } from './CreateTokenDialog.tsx';
import { DrainDialog } from './DrainDialog.tsx';
import { EndHoldDialog } from './EndHoldDialog.tsx';
import { HoldChosenDialog } from './HoldChosenDialog.tsx';
import { HoldDialog } from './HoldDialog.tsx';
import { KeysDialog } from './KeysDialog.tsx';
import { NameDialog } from './NameDialog.tsx';
import { PauseDialog } from './PauseDialog.tsx';
import { ReleaseDialog } from './ReleaseDialog.tsx';
import { ResumeDialog } from './ResumeDialog.tsx';
import { RevokeTokenDialog } from './RevokeTokenDialog.tsx';
import { SweepChosenDialog } from './SweepChosenDialog.tsx';
import { SweepDialog } from './SweepDialog.tsx';
import { TryNowDialog } from './TryNowDialog.tsx';
import { FrameContext } from './useFrame.ts';

/** All dialogs, loaded together with the library that makes them accessible. */
export function Dialog({ request, opener, onClose }: DialogProps) {
  return (
    <FrameContext value={{ opener, onClose }}>
      <Asked request={request} />
    </FrameContext>
  );
}

function Asked({ request }: { readonly request: DialogRequest }) {
  switch (request.kind) {
    case 'sweep':
      return <SweepDialog label={request.label} />;
    case 'drain':
      return <DrainDialog label={request.label} />;
    case 'pause':
      return <PauseDialog />;
    case 'resume':
      return <ResumeDialog />;
    case 'release':
      return <ReleaseDialog />;
    case 'try_now':
      return <TryNowDialog orphans={request.orphans} />;
    case 'hold':
      return <HoldDialog orphans={request.orphans} />;
    case 'end_hold':
      return <EndHoldDialog orphans={request.orphans} />;
    case 'acknowledge':
      return <AcknowledgeDialog orphans={request.orphans} />;
    case 'keys':
      return <KeysDialog />;
    case 'name':
      return <NameDialog />;
    case 'after_dry_run':
      return <AfterDryRunDialog {...request} />;
    case 'sweep_chosen':
      return <SweepChosenDialog request={request} />;
    case 'hold_chosen':
      return <HoldChosenDialog orphans={request.orphans} onDone={request.onDone} />;
    case 'cancel':
      return <CancelDialog sweepId={request.sweepId} />;
    case 'create_token':
      return <CreateTokenDialog onCreated={request.onCreated} />;
    case 'revoke_token':
      return <RevokeTokenDialog token={request.token} />;
  }
}
