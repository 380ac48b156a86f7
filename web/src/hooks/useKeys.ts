import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { tinykeys } from 'tinykeys';
import { bindingsOf, COMMANDS, type Command, isTaken } from '../lib/keys.ts';
import { stepFrom, toggleAt, toSearch } from '../lib/lines.ts';
import { whyNotOf } from '../lib/may.ts';
import { steeringOf } from '../lib/steering.ts';
import { useDialog } from './useDialog.ts';
import { useDisplay } from './useDisplay.ts';
import { useVerdictInput } from './useVerdict.ts';

/** Has single keys do what they do, as long as that is not switched off. */
export function useKeys(): void {
  const { keys } = useDisplay();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { open } = useDialog();
  const input = useVerdictInput();

  const commands: Readonly<Record<Command, () => unknown>> = {
    now: () => navigate({ to: '/' }),
    orphans: () => navigate({ to: '/orphans' }),
    sweeps: () => navigate({ to: '/sweeps' }),
    activity: () => navigate({ to: '/activity' }),
    settings: () => navigate({ to: '/settings' }),
    search: () => toSearch(() => navigate({ to: '/orphans' })),
    next: () => stepFrom(document.activeElement, 1),
    previous: () => stepFrom(document.activeElement, -1),
    select: () => toggleAt(document.activeElement),
    refresh: () => client.invalidateQueries(),
    pause: () => {
      // Who may not is told beside the button that does the same.
      if (whyNotOf(input.status, 'operator') !== null || steeringOf(input).pause === null) return;
      open({ kind: input.status?.pause === null ? 'pause' : 'resume' });
    },
    help: () => open({ kind: 'keys' }),
  };
  // Bound once: a sequence that is half pressed must survive a poll.
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    if (!keys) return;
    const bound = COMMANDS.flatMap((command) =>
      bindingsOf(command).map((binding) => [
        binding,
        (event: KeyboardEvent) => {
          if (event.defaultPrevented || isTaken(event)) return;
          event.preventDefault();
          latest.current[command]();
        },
      ]),
    );
    return tinykeys(window, Object.fromEntries(bound));
  }, [keys]);
}
