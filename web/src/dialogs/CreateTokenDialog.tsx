import { useState } from 'react';
import type { Role } from '../../../server/sweep/outcome.ts';
import { postToken } from '../changes.ts';
import type { CreatedToken } from '../hooks/useDialog.ts';
import { MOST_ACTOR_CHARACTERS } from '../lib/actor.ts';
import { Frame } from './Frame.tsx';
import { RoleField } from './RoleField.tsx';

const MOST_DAYS = 366;
const USUAL_DAYS = '90';

/** Lets a script in. What it has to show is told once, by whoever asked for this dialog. */
export function CreateTokenDialog({ onCreated }: { readonly onCreated: (created: CreatedToken) => void }) {
  const [typed, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState(USUAL_DAYS);
  const name = typed.trim();
  const create = async (actor: string | null): Promise<void> => {
    const { body } = await postToken({ name, role, days: Number(days), actor });
    onCreated({ name, token: body.token });
  };
  return (
    <Frame
      title="Give out an API token"
      press="Give it out"
      actor="required"
      act={create}
      fields={
        <>
          <NameField value={typed} onType={setName} />
          <RoleField value={role} onChoose={setRole} />
          <DaysField value={days} onType={setDays} />
        </>
      }
    >
      <p>Whoever has it acts under its name and with its role until it expires or is revoked. It is shown only once.</p>
    </Frame>
  );
}

interface FieldProps {
  readonly value: string;
  readonly onType: (typed: string) => void;
}

function NameField({ value, onType }: FieldProps) {
  return (
    <label className="block text-sm font-medium">
      What it is for
      <input
        className="field mt-1 font-normal"
        value={value}
        onChange={(event) => onType(event.target.value)}
        required
        pattern=".*\S.*"
        title="Not only spaces"
        maxLength={MOST_ACTOR_CHARACTERS}
        autoComplete="off"
        enterKeyHint="next"
        placeholder="nightly report"
      />
      <span className="mt-1 block font-normal text-soft">Its name: what it does is written down under it.</span>
    </label>
  );
}

function DaysField({ value, onType }: FieldProps) {
  return (
    <label className="block text-sm font-medium">
      Expires after how many days
      <input
        type="number"
        className="field mt-1 font-normal"
        value={value}
        onChange={(event) => onType(event.target.value)}
        required
        min={1}
        max={MOST_DAYS}
        step={1}
        enterKeyHint="done"
      />
    </label>
  );
}
