import { ROLES, type Role } from '../../../server/sweep/outcome.ts';

interface RoleFieldProps {
  readonly value: Role;
  readonly onChoose: (role: Role) => void;
}

const WORDS: Readonly<Record<Role, string>> = {
  viewer: 'Viewer: may look',
  operator: 'Operator: may also sweep, hold, pause and acknowledge',
  admin: 'Admin: may also release the brake and give out tokens',
};

/** What somebody may do: the least unless told. */
export function RoleField({ value, onChoose }: RoleFieldProps) {
  return (
    <fieldset className="text-sm">
      <legend className="mb-1 font-medium">Role</legend>
      <div className="grid gap-2">
        {ROLES.map((role) => (
          <label
            key={role}
            className="flex min-h-11 cursor-pointer items-center gap-2 rounded-lg border border-soft px-2.5 has-checked:border-accent has-checked:bg-info-wash has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent sm:min-h-9"
          >
            <input
              type="radio"
              name="role"
              className="size-4 shrink-0 accent-accent outline-none"
              checked={value === role}
              onChange={() => onChoose(role)}
            />
            {WORDS[role]}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
