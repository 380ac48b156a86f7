/** What a single key does, wherever nobody is typing. */

export const COMMANDS = [
  'now',
  'orphans',
  'sweeps',
  'activity',
  'settings',
  'search',
  'next',
  'previous',
  'select',
  'refresh',
  'pause',
  'help',
] as const;
export type Command = (typeof COMMANDS)[number];

export interface Key {
  /** One key after the other, as people read them. */
  readonly presses: readonly string[];
  readonly words: string;
}

export const KEYS: Readonly<Record<Command, Key>> = {
  now: { presses: ['g', 'n'], words: 'Go to Now' },
  orphans: { presses: ['g', 'o'], words: 'Go to Orphans' },
  sweeps: { presses: ['g', 's'], words: 'Go to Sweeps' },
  activity: { presses: ['g', 'a'], words: 'Go to Activity' },
  settings: { presses: ['g', 'e'], words: 'Go to Settings' },
  search: { presses: ['/'], words: 'Search the orphans' },
  next: { presses: ['j'], words: 'To the next line of a list' },
  previous: { presses: ['k'], words: 'To the line before' },
  select: { presses: ['x'], words: 'Choose the orphan of this line, or not' },
  refresh: { presses: ['r'], words: 'Ask the server now' },
  pause: { presses: ['p'], words: 'Pause sweeping, or resume it (asks first)' },
  help: { presses: ['?'], words: 'Show these keys' },
};

/** The same command as tinykeys spells it: where a sign needs the shift key, which it does on some keyboards, with it, too. */
export function bindingsOf(command: Command): readonly string[] {
  const plain = KEYS[command].presses.join(' ');
  return /^[a-z ]+$/.test(plain) ? [plain] : [plain, `Shift+${plain}`];
}

const TYPED_INTO = 'input:not([type="checkbox"]), select, textarea, [contenteditable]';
const WITH_KEYS_OF_ITS_OWN = '[role="dialog"], [role="alertdialog"], [role="menu"]';

/** Whether a key means something else there: somebody types, or what is open has keys of its own. */
export function isTaken({ target }: Pick<Event, 'target'>): boolean {
  return target instanceof Element && target.closest(`${TYPED_INTO}, ${WITH_KEYS_OF_ITS_OWN}`) !== null;
}
