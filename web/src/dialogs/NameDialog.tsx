import { Frame } from './Frame.tsx';

/** Says who acts here, before anything is done: a first "Sweep now" asks nobody for a name. */
export function NameDialog() {
  return (
    <Frame title="Say who you are" press="Remember" actor="required" act={async () => undefined}>
      <p>Your name stands beside whatever you do here: in the activity, at a sweep, a hold or a pause.</p>
    </Frame>
  );
}
