/**
 * How fast is it, beside what it replaces? `npm run bench` measures and prints; `-- --readme` also writes the figures
 * into README.md; `-- --small` is a quick run that looks for mistakes only.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createClosing } from '../../server/demo/closing.ts';
import { isolate } from '../../server/isolation.ts';
import { findProject } from '../../server/project.ts';
import { measure } from './measure.ts';
import { withFigures } from './readme.ts';
import { report } from './report.ts';
import { FULL, SMALL } from './scale.ts';

const options = process.argv.slice(2);
const unknown = options.filter((option) => !['--small', '--readme'].includes(option));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(' ')}. Allowed: --small, --readme.`);
const small = options.includes('--small');
if (small && options.includes('--readme')) throw new Error('the figures of a small run mean nothing');

const tell = (sentence: string): void => console.error(sentence);
const { ignored, sentence } = isolate(process.env, 'The benchmark');
if (sentence !== null) tell(sentence);
// So that no library reads them either.
for (const name of ignored) delete process.env[name];

const closing = createClosing();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    tell('Ending');
    void closing.closeAll().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  });
}
try {
  const scale = small ? SMALL : FULL;
  const measured = await measure(scale, closing, tell);
  const machine = {
    cores: availableParallelism(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
  const figures = report(scale, measured, machine);
  console.log(`\n${figures}\n`);
  if (small) tell('A small run: it has looked for mistakes, and its figures mean nothing.');
  if (options.includes('--readme')) writeReadme(figures);
} finally {
  await closing.closeAll();
}

function writeReadme(figures: string): void {
  const path = join(findProject(import.meta.url).root, 'README.md');
  writeFileSync(path, withFigures(readFileSync(path, 'utf8'), figures));
}
