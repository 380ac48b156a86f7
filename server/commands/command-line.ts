import { parseArgs } from 'node:util';
import type { Command, Given, Option, Options } from './command.ts';

/** What was typed is none of the commands, or not as they take it. The message is one sentence with what is allowed. */
export class UsageError extends Error {
  readonly code = 'usage';
}

export type CommandLine<C extends Command> =
  | { readonly kind: 'serve' }
  /** Null: about all of them. */
  | { readonly kind: 'help'; readonly of: C | null }
  | { readonly kind: 'command'; readonly command: C; readonly given: Given };

const HELP = 'help';

/** @throws UsageError */
export function parseCommandLine<C extends Command>(typed: readonly string[], commands: readonly C[]): CommandLine<C> {
  const [first] = typed;
  if (first === undefined) return { kind: 'serve' };
  if (first === '--help' || first === '-h' || first === HELP) return { kind: 'help', of: null };
  const command = commands.find(({ name }) => startsWith(typed, name.split(' ')));
  if (command === undefined) throw new UsageError(`${typed.join(' ')} is not a command. ${allowedCommands(commands)}`);
  const rest = typed.slice(command.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) return { kind: 'help', of: command };
  return { kind: 'command', command, given: parseOptions(command, rest) };
}

function startsWith(typed: readonly string[], words: readonly string[]): boolean {
  return words.every((word, i) => typed[i] === word);
}

function allowedCommands(commands: readonly Command[]): string {
  return `Allowed: none (serve), ${commands.map(({ name }) => name).join(', ')}; each with --help.`;
}

function parseOptions(command: Command, rest: readonly string[]): Given {
  const values = new Map<string, string | true>();
  const refuse = (what: string): never => {
    throw new UsageError(`${command.name}: ${what}. ${allowedOptions(command.options)}`);
  };
  // Not strict: Node's own sentences name neither what is allowed, nor the option that was meant.
  const { tokens } = parseArgs({ args: [...rest], options: typesOf(command.options), strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') refuse(`${token.value} is not understood`);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
    const { rawName, value, inlineValue = false } = token;
    if (option === undefined || !rawName.startsWith('--')) refuse(`${rawName} is not an option`);
    else if (values.has(token.name)) refuse(`${rawName} is there twice`);
    else if (option.takes === undefined && value !== undefined) refuse(`${rawName} takes no value`);
    else values.set(token.name, option.takes === undefined ? true : valueBehind(option, rawName, value, inlineValue));
  }
  for (const [name, { required }] of Object.entries(command.options)) {
    if (required && !values.has(name)) refuse(`--${name} is missing`);
  }
  return givenOf(command, values);

  function valueBehind(option: Option, rawName: string, value: string | undefined, inline: boolean): string {
    // The next option was not meant to be this one's value.
    if (value === undefined || value === '' || (!inline && value.startsWith('-'))) {
      return refuse(`${rawName} needs ${option.takes} behind it`);
    }
    return value;
  }
}

function typesOf(options: Options): Record<string, { type: 'boolean' | 'string' }> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { takes }]) => [name, { type: takes === undefined ? 'boolean' : 'string' }]),
  );
}

function givenOf(command: Command, values: ReadonlyMap<string, string | true>): Given {
  const text = (name: string): string | null => {
    const value = values.get(name);
    return typeof value === 'string' ? value : null;
  };
  return {
    flag: (name) => values.get(name) === true,
    text,
    whole(name, minimum, maximum) {
      const value = text(name);
      if (value === null) return null;
      const number = /^(0|[1-9]\d{0,9})$/.test(value) ? Number(value) : Number.NaN;
      if (number >= minimum && number <= maximum) return number;
      throw new UsageError(
        `${command.name}: --${name} is ${JSON.stringify(value)}; it must be a whole number from ${minimum} to ${maximum}.`,
      );
    },
    oneOf(name, words) {
      const value = text(name);
      const word = words.find((one) => one === value);
      if (value === null || word !== undefined) return word ?? null;
      throw new UsageError(
        `${command.name}: --${name} is ${JSON.stringify(value)}; it must be one of ${words.join(', ')}.`,
      );
    },
  };
}

function allowedOptions(options: Options): string {
  const names = Object.entries(options).map(([name, option]) => signature(name, option));
  return names.length === 0 ? 'It takes no options.' : `Allowed: ${names.join(', ')}, --help.`;
}

function signature(name: string, { takes }: Option): string {
  return takes === undefined ? `--${name}` : `--${name} ${takes}`;
}

const PROGRAM = 'node dist/server/main.js';

/** @param of null: the list of commands */
export function helpText(of: Command | null, commands: readonly Command[]): string {
  return of === null ? listOf(commands) : helpOf(of);
}

function listOf(commands: readonly Command[]): string {
  return [
    `${PROGRAM} [command]`,
    '',
    ...table([['(none)', 'serves the console and the API, and sweeps'], ...commands.map(nameAndSummary)]),
    '',
    'Every command reads the same settings, from the environment. --help behind one tells more.',
  ].join('\n');
}

const nameAndSummary = ({ name, summary }: Command): readonly [string, string] => [name, summary];

function helpOf({ name, about, summary, options, exits }: Command): string {
  const typed = Object.entries(options).map(([option, of]) =>
    of.required ? ` ${signature(option, of)}` : ` [${signature(option, of)}]`,
  );
  return [
    `${PROGRAM} ${name}${typed.join('')}`,
    '',
    `${summary}.`,
    ...about,
    ...(typed.length === 0 ? [] : ['', ...table(Object.entries(options).map(describeOption))]),
    '',
    'Exit code:',
    ...table(Object.entries(exits)),
  ].join('\n');
}

function describeOption([name, option]: readonly [string, Option]): readonly [string, string] {
  const words = option.words === undefined ? '' : ` (${option.words.join(', ')})`;
  return [signature(name, option), `${option.meaning}${words}`];
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
