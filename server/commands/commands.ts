import { brakeRelease } from './brake-release.ts';
import { check } from './check.ts';
import type { RunnableCommand } from './command.ts';
import { orphans } from './orphans.ts';
import { platformIndex } from './platform-index.ts';
import { status } from './status.ts';
import { sweep } from './sweep.ts';
import { tokenCreate, tokenList, tokenRevoke } from './tokens.ts';

/** Those that answer and end; `demo` and serving go on, and are in main.ts. */
export const COMMANDS: readonly RunnableCommand[] = [
  ...[check, status, orphans, sweep, brakeRelease],
  ...[tokenCreate, tokenList, tokenRevoke],
  platformIndex,
];
