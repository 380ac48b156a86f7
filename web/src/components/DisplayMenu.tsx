import { CSPProvider } from '@base-ui/react/csp-provider';
import { Menu } from '@base-ui/react/menu';
import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDialog } from '../hooks/useDialog.ts';
import { useDisplay } from '../hooks/useDisplay.ts';
import { REFRESH_SECONDS, setDisplay } from '../lib/display.ts';
import { DISPLAY_LOOK, DisplayLabel } from './DisplayLabel.tsx';
import { WhoYouAre } from './WhoYouAre.tsx';

const THEMES = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;
const ZONES = [
  ['utc', 'UTC'],
  ['local', 'Local time'],
] as const;
const REFRESHES = [
  ...REFRESH_SECONDS.map((seconds) => [seconds * 1000, `Every ${seconds} s`] as const),
  [null, 'Off'] as const,
];

const KEYS_CHOICES = [
  [true, 'Keys on'],
  [false, 'Keys off'],
] as const;

const PLAIN_ITEM = 'flex cursor-pointer items-center rounded pr-3 pl-9 data-highlighted:bg-raised';

/** How the console is shown, and to whom; loaded together with the library that makes it accessible. */
export function DisplayMenu() {
  const display = useDisplay();
  const { open } = useDialog();
  return (
    <CSPProvider disableStyleElements>
      <Menu.Root defaultOpen modal={false}>
        <Menu.Trigger className={DISPLAY_LOOK}>
          <DisplayLabel />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={6} className="z-20">
            <Menu.Popup className="card max-h-(--available-height) min-w-56 overflow-y-auto p-1 text-sm shadow-lg outline-none">
              <Choice title="Refresh">
                <Menu.RadioGroup
                  value={display.refreshMs}
                  onValueChange={(refreshMs: number | null) => setDisplay({ refreshMs })}
                >
                  {REFRESHES.map(([value, label]) => (
                    <Item key={label} value={value} label={label} />
                  ))}
                </Menu.RadioGroup>
              </Choice>
              <Choice title="Times">
                <Menu.RadioGroup value={display.zone} onValueChange={(zone: 'utc' | 'local') => setDisplay({ zone })}>
                  {ZONES.map(([value, label]) => (
                    <Item key={label} value={value} label={label} />
                  ))}
                </Menu.RadioGroup>
              </Choice>
              <Choice title="Theme">
                <Menu.RadioGroup
                  value={display.theme}
                  onValueChange={(theme: 'system' | 'light' | 'dark') => setDisplay({ theme })}
                >
                  {THEMES.map(([value, label]) => (
                    <Item key={label} value={value} label={label} />
                  ))}
                </Menu.RadioGroup>
              </Choice>
              <Choice title="Single keys">
                <Menu.RadioGroup value={display.keys} onValueChange={(keys: boolean) => setDisplay({ keys })}>
                  {KEYS_CHOICES.map(([value, label]) => (
                    <Item key={label} value={value} label={label} />
                  ))}
                </Menu.RadioGroup>
                <Menu.Item onClick={() => open({ kind: 'keys' })} className={`${PLAIN_ITEM} min-h-9`}>
                  Show all keys…
                </Menu.Item>
              </Choice>
              <WhoYouAre look={`${PLAIN_ITEM} min-h-9`} />
              <Menu.Item
                render={<Link to="/settings" />}
                className={`${PLAIN_ITEM} min-h-11 border-t border-line sm:hidden`}
              >
                Settings of the server
              </Menu.Item>
            </Menu.Popup>
          </Menu.Positioner>
        </Menu.Portal>
      </Menu.Root>
    </CSPProvider>
  );
}

function Choice({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Menu.Group className="border-t border-line py-1 first:border-t-0">
      <Menu.GroupLabel className="px-3 py-1 text-xs font-semibold text-soft">{title}</Menu.GroupLabel>
      {children}
    </Menu.Group>
  );
}

function Item({ value, label }: { readonly value: string | number | boolean | null; readonly label: string }) {
  return (
    <Menu.RadioItem
      value={value}
      closeOnClick={false}
      className="flex min-h-9 cursor-pointer items-center gap-2 rounded px-3 data-highlighted:bg-raised"
    >
      <span className="size-4">
        <Menu.RadioItemIndicator>
          <Check aria-hidden="true" className="size-4" />
        </Menu.RadioItemIndicator>
      </span>
      {label}
    </Menu.RadioItem>
  );
}
