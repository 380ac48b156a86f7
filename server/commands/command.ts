import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Project } from '../project.ts';
import type { ExitCode } from './exit-code.ts';

/** One option of a command. */
export interface Option {
  /** What stands behind it, as in `--reason TEXT`; undefined: nothing does. */
  readonly takes?: string;
  /** Of which words it takes one. */
  readonly words?: readonly string[];
  readonly required?: true;
  readonly meaning: string;
}

export type Options = Readonly<Record<string, Option>>;

/** What was typed behind the command, checked against its options. */
export interface Given {
  flag(name: string): boolean;
  /** Null: not given. */
  text(name: string): string | null;
  /** @throws UsageError */
  whole(name: string, minimum: number, maximum: number): number | null;
  /** One of these words, with their type. @throws UsageError */
  oneOf<Word extends string>(name: string, words: readonly Word[]): Word | null;
}

/** What a command gets of the process. */
export interface CommandContext {
  /** @throws ConfigError */
  readonly readConfig: () => Config;
  readonly project: Project;
  /** Names this process among all that share the home database. */
  readonly replica: string;
  /** Who runs this process, by the system's word; null: it has none. */
  readonly userName: string | null;
  /** Writes to standard error: standard output is the answer's. */
  readonly createLog: (config: Config) => Logger;
  /** A line of the answer. */
  readonly tell: (line: string) => void;
  /** A line beside the answer, for a person. */
  readonly warn: (line: string) => void;
  /** From now on the first signal aborts this instead of ending the process. */
  readonly told: () => AbortSignal;
}

export interface Command {
  /** What is typed, as `brake release`. */
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** A few lines more, for its own help. */
  readonly about: readonly string[];
  readonly options: Options;
  /** What each exit code of it means. */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>;
}

/** One that answers and ends. */
export interface RunnableCommand extends Command {
  run(context: CommandContext, given: Given): Promise<ExitCode>;
}

/** The option of every command whose answer a program may read. */
export const JSON_OPTION: Option = { meaning: 'one JSON document on standard output, and nothing else' };
