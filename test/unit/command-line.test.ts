import { describe, expect, it } from 'vitest';
import type { Command } from '../../server/commands/command.ts';
import { helpText, parseCommandLine, UsageError } from '../../server/commands/command-line.ts';
import { COMMANDS } from '../../server/commands/commands.ts';

const release: Command = {
  name: 'brake release',
  summary: 'Releases the brake',
  about: ['For a person.'],
  options: {
    reason: { takes: 'TEXT', required: true, meaning: 'why' },
    orphans: { takes: 'N', required: true, meaning: 'how many' },
    state: { takes: 'STATE', words: ['stuck', 'held'], meaning: 'which' },
    json: { meaning: 'as JSON' },
  },
  exits: { 0: 'released', 1: 'refused' },
};
const demo: Command = { name: 'demo', summary: 'Shows it', about: [], options: {}, exits: { 0: 'ended' } };
const parse = (line: string[]) => parseCommandLine(line, [release, demo]);

function given(line: string[]) {
  const asked = parse(['brake', 'release', ...line]);
  if (asked.kind !== 'command') throw new Error(`${line.join(' ')} is no command`);
  return asked.given;
}

function sentence(line: string[]): string {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`${line.join(' ')} was not refused`);
}

const NEEDED = ['--reason', 'we deleted them', '--orphans', '12'];

describe('the command line', () => {
  it('without a command serves', () => expect(parse([])).toEqual({ kind: 'serve' }));

  it('takes a command of two words, with values behind = or a space', () => {
    const { text, whole, flag, oneOf } = given([...NEEDED, '--json', '--state=held']);
    expect(text('reason')).toBe('we deleted them');
    expect(whole('orphans', 0, 100)).toBe(12);
    expect(flag('json')).toBe(true);
    expect(oneOf('state', ['stuck', 'held'])).toBe('held');
    expect(given(['--reason=-1 is fine here', '--orphans=0']).text('reason')).toBe('-1 is fine here');
    expect(given(NEEDED).flag('json')).toBe(false);
    expect(given(NEEDED).oneOf('state', ['stuck', 'held'])).toBeNull();
  });

  it.each([
    [['sweeep'], 'sweeep is not a command. Allowed: none (serve), brake release, demo; each with --help.'],
    [['brake'], 'brake is not a command. Allowed: none (serve), brake release, demo; each with --help.'],
    [['toString'], 'toString is not a command. Allowed: none (serve), brake release, demo; each with --help.'],
    [['demo', '--port'], 'demo: --port is not an option. It takes no options.'],
    [['demo', 'now'], 'demo: now is not understood. It takes no options.'],
  ])('%j is refused with what is allowed', (line, says) => expect(sentence(line)).toBe(says));

  const allowed = 'Allowed: --reason TEXT, --orphans N, --state STATE, --json, --help.';
  it.each([
    [['--orphans', '1'], `brake release: --reason is missing. ${allowed}`],
    [[...NEEDED, '--force'], `brake release: --force is not an option. ${allowed}`],
    [[...NEEDED, '--toString'], `brake release: --toString is not an option. ${allowed}`],
    [[...NEEDED, '-j'], `brake release: -j is not an option. ${allowed}`],
    [[...NEEDED, 'twelve'], `brake release: twelve is not understood. ${allowed}`],
    [[...NEEDED, '--json=yes'], `brake release: --json takes no value. ${allowed}`],
    [[...NEEDED, '--json', '--json'], `brake release: --json is there twice. ${allowed}`],
    [['--orphans', '12', '--reason'], `brake release: --reason needs TEXT behind it. ${allowed}`],
    [['--reason', '--orphans', '12'], `brake release: --reason needs TEXT behind it. ${allowed}`],
    [['--reason=', '--orphans', '12'], `brake release: --reason needs TEXT behind it. ${allowed}`],
  ])('brake release %j is refused with what is allowed', (line, says) =>
    expect(sentence(['brake', 'release', ...line])).toBe(says),
  );

  it.each(['twelve', '1.5', '01', '+1', '101', '1e2', '99999999999'])(
    'takes no number that is written as %s, or is out of its range',
    (value) => {
      const asked = given(['--reason', 'x', `--orphans=${value}`]);
      expect(() => asked.whole('orphans', 0, 100)).toThrow(
        `brake release: --orphans is "${value}"; it must be a whole number from 0 to 100.`,
      );
    },
  );

  it('takes no other word than those it names', () => {
    expect(() => given([...NEEDED, '--state', 'stcuk']).oneOf('state', ['stuck', 'held'])).toThrow(
      'brake release: --state is "stcuk"; it must be one of stuck, held.',
    );
  });
});

describe('the help', () => {
  it.each([[['--help']], [['-h']], [['help']]])('is there for %j', (line) =>
    expect(parse(line)).toEqual({ kind: 'help', of: null }),
  );

  it('of a command is there whatever else was typed, and names options and exit codes', () => {
    expect(parse(['brake', 'release', '--nonsense', '--help'])).toEqual({ kind: 'help', of: release });
    expect(helpText(release, [])).toBe(
      [
        'node dist/server/main.js brake release --reason TEXT --orphans N [--state STATE] [--json]',
        '',
        'Releases the brake.',
        'For a person.',
        '',
        '  --reason TEXT  why',
        '  --orphans N    how many',
        '  --state STATE  which (stuck, held)',
        '  --json         as JSON',
        '',
        'Exit code:',
        '  0  released',
        '  1  refused',
      ].join('\n'),
    );
  });

  it('lists every command there is', () => {
    const text = helpText(null, COMMANDS);
    for (const { name, summary } of COMMANDS)
      expect(text).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'));
  });

  it('of every command documents its exit codes, and what is wrong usage', () => {
    for (const command of COMMANDS) {
      expect(command.exits[0], command.name).toBeDefined();
      expect(command.exits[2], command.name).toMatch(/command line/);
      expect(command.summary).not.toMatch(/\.$/);
    }
  });
});
