import { CSPProvider } from '@base-ui/react/csp-provider';
import { Menu } from '@base-ui/react/menu';
import { Check, ChevronDown } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDisplay } from '../hooks/useDisplay.ts';
import { REFRESH_SECONDS, setDisplay } from '../lib/display.ts';

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

/** How the console is shown; loaded together with the library that makes it accessible. */
export default function DisplayMenu() {
  const display = useDisplay();
  return (
    <CSPProvider disableStyleElements>
      <Menu.Root defaultOpen modal={false}>
        <Menu.Trigger className="button min-h-9 px-3 text-sm">
          Display <ChevronDown aria-hidden="true" className="size-4" />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Positioner align="end" sideOffset={6} className="z-20">
            <Menu.Popup className="card min-w-56 p-1 text-sm shadow-lg outline-none">
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

function Item({ value, label }: { readonly value: string | number | null; readonly label: string }) {
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
