import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { importsOf, layerOf, type SourceFile, violations } from '../support/architecture.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function sourcesUnder(folder: string): SourceFile[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const one = (path: string, text: string) => violations([{ path, text }]);

describe('the program', () => {
  const files = [...sourcesUnder('server'), ...sourcesUnder('web/src')];

  test('is read, with its imports', () => {
    const paths = files.map(({ path }) => path);
    expect(paths).toContain('server/config.ts');
    expect(paths).toContain('server/sweep/outcome.ts');
    expect(paths).toContain('server/backends/backend.ts');
    const config = files.find(({ path }) => path === 'server/config.ts');
    expect(importsOf(config?.text ?? '').map(({ specifier }) => specifier)).toContain('./settings.ts');
    // Every file that imports something relative says so on lines that a plain search finds too.
    const lines = files.flatMap(({ text }) => text.match(/^(import|export|\}) .*from '\.[^']*';$/gm) ?? []);
    const found = files.flatMap(({ text }) => importsOf(text)).filter(({ specifier }) => specifier.startsWith('.'));
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeGreaterThanOrEqual(lines.length);
  });

  test('has no arrow that points up, no process outside main.ts, no vague name and no barrel', () => {
    expect(violations(files)).toEqual([]);
  });
});

describe('arrows', () => {
  test.each([
    ['server/app.ts', '../server/main.ts'],
    ['server/api/orphans.ts', '../app.ts'],
    ['server/api/orphans.ts', '../backends/control-plane.ts'],
    ['server/api/orphans.ts', '../backends/backend.ts'],
    ['server/sweep/sweep.ts', '../api/orphans.ts'],
    ['server/sweep/sweep.ts', '../notify/notifier.ts'],
    ['server/notify/turn.ts', '../api/notifications.ts'],
    ['server/notify/turn.ts', '../program.ts'],
    ['server/db/connect.ts', '../notify/outbox.ts'],
    ['server/sweep/sweep.ts', '../backends/control-plane.ts'],
    ['server/sweep/sweep.ts', '../backends/backend.ts'],
    ['server/sweep/sweep.ts', '../config.ts'],
    ['server/sweep/sweep.ts', '../demo/platform.ts'],
    ['server/sweep/deep/er.ts', '../../app.ts'],
    ['server/db/connect.ts', '../sweep/store.ts'],
    ['server/db/connect.ts', '../settings.ts'],
    ['server/backends/control-plane.ts', '../sweep/decide.ts'],
    ['server/backends/control-plane.ts', '../db/connect.ts'],
    ['server/backends/control-plane.ts', '../api/orphans.ts'],
    ['server/demo/platform.ts', '../sweep/outcome.ts'],
    ['server/demo/platform.ts', '../backends/backend.ts'],
    ['server/demo/platform.ts', '../api/orphans.ts'],
    ['server/main.ts', './demo/platform.ts'],
    ['server/main.ts', './app.ts'],
    ['server/program.ts', './demo.ts'],
    ['server/program.ts', './demo/platform.ts'],
    ['server/demo.ts', './app.ts'],
    ['server/demo.ts', './main.ts'],
    ['server/demo/stage.ts', '../demo.ts'],
    ['server/demo/stage.ts', '../program.ts'],
    ['server/config.ts', './sweep/decide.ts'],
    ['server/api/orphans.ts', '../commands/orphans.ts'],
    ['server/program.ts', './commands/check.ts'],
    ['server/sweep/sweep.ts', '../log/repeats.ts'],
    ['server/startup.ts', './log/repeats.ts'],
    ['server/log/log.ts', '../api/problem.ts'],
    ['server/commands/check.ts', '../app.ts'],
    ['server/commands/check.ts', '../demo.ts'],
    ['server/commands/check.ts', '../main.ts'],
    ['web/src/api.ts', '../../server/api/orphans.ts'],
    ['web/src/pages/orphans.tsx', '../../../server/sweep/decide.ts'],
  ])('%s must not import %s', (path, specifier) => {
    expect(one(path, `import { x } from '${specifier}';`)).toHaveLength(1);
    expect(one(path, `import {\n  type T,\n  x,\n} from "${specifier}";`)).toHaveLength(1);
    expect(one(path, `export * from '${specifier}';`)).toHaveLength(1);
    expect(one(path, `import '${specifier}';`)).toHaveLength(1);
    expect(one(path, `const later = await import('${specifier}');`)).toHaveLength(1);
  });

  test.each([
    ['server/sweep/sweep.ts', '../api/orphans.ts'],
    ['server/sweep/sweep.ts', '../backends/control-plane.ts'],
    ['server/db/connect.ts', '../sweep/decide.ts'],
    ['server/backends/control-plane.ts', '../app.ts'],
    ['server/demo/platform.ts', '../sweep/outcome.ts'],
  ])('%s must not import even a type of %s', (path, specifier) => {
    expect(one(path, `import type { T } from '${specifier}';`)).toHaveLength(1);
  });

  test.each(['sweep/sweep.ts', 'notify/turn.ts', 'db/connect.ts', 'backends/control-plane.ts', 'config.ts'])(
    'server/%s must not import Fastify',
    (path) => {
      expect(one(`server/${path}`, "import type { FastifyInstance } from 'fastify';")).toHaveLength(1);
      expect(one(`server/${path}`, "import etag from '@fastify/etag';")).toHaveLength(1);
      expect(one(`server/${path}`, "import pg from 'pg';")).toEqual([]);
    },
  );

  test.each(['sweep/sweep.ts', 'startup.ts', 'backends/control-plane.ts'])('server/%s must not know pino', (path) => {
    expect(one(`server/${path}`, "import type { BaseLogger } from 'pino';")).toHaveLength(1);
    expect(one(`server/${path}`, "import { prettyFactory } from 'pino-pretty';")).toHaveLength(1);
    expect(one('server/log/log.ts', "import { pino } from 'pino';")).toEqual([]);
  });

  test('a file in a place that nobody has thought of must be given one', () => {
    expect(one('server/stray.ts', '')).toEqual(['server/stray.ts has no place in the layers']);
    expect(layerOf('server/config.ts')).toBe('settings');
  });

  test.each([
    ['server/main.ts', "import { a } from './program.ts'; import { b } from './demo.ts'; process.exit(0);"],
    ['server/commands/check.ts', "import { a } from '../resources.ts'; import { b } from '../api/status-on-wire.ts';"],
    ['server/program.ts', "import { a } from './app.ts'; import { b } from './backends/control-plane.ts';"],
    ['server/demo.ts', "import { a } from './program.ts'; import { b } from './demo/platform.ts';"],
    ['server/app.ts', "import { a } from './api/status.ts'; import Fastify from 'fastify';"],
    [
      'server/api/orphans.ts',
      "import { a } from '../sweep/store.ts'; import type { B } from '../backends/backend.ts';",
    ],
    [
      'server/notify/post.ts',
      "import { a } from '../backends/peer.ts'; import { b } from '../sweep/page.ts'; import type { C } from '../config.ts';",
    ],
    ['server/api/notifications.ts', "import { a } from '../notify/notification-list.ts';"],
    ['server/api/config.ts', "import type { SettingView } from '../config.ts';"],
    ['server/sweep/sweep.ts', "import { a } from '../db/schema.ts'; import { type B } from '../backends/backend.ts';"],
    ['server/db/schema.ts', "import { OUTCOMES } from '../sweep/outcome.ts';"],
    [
      'server/backends/docker.ts',
      "import type { A } from './backend.ts'; import type { B } from '../sweep/outcome.ts';",
    ],
    ['server/demo/platform.ts', "import { a } from '../db/connect.ts';"],
    ['web/src/api.ts', "import type { A } from '../../server/api/orphans.ts'; import './app.css';"],
    ['web/src/label.ts', "import { OUTCOMES, type Outcome } from '../../server/sweep/outcome.ts';"],
    [
      'server/sweep/a.ts',
      "// import { x } from '../app.ts';\n/* import { y } from '../app.ts'; */ const url = 'http://x';",
    ],
  ])('leaves alone what points down: %s', (path, text) => expect(one(path, text)).toEqual([]));
});

describe('imports', () => {
  test('are found in every form, each once, and told from types', () => {
    const text = `import a from 'one';
import type { B } from 'two'; // from 'not'
import { type C, type D } from 'three';
import { type E, f } from 'four';
import * as g from "five";
import 'six';
export { h } from 'seven';
export type { I } from 'eight';
const url = 'http://import.example'; const j = import('nine');
import type from 'ten';
export const k = 'from'; const l = "x from 'no'";`;
    const types = ['two', 'three', 'eight'];
    const found = importsOf(text);
    expect(found.map(({ specifier }) => specifier).sort()).toEqual(
      ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].sort(),
    );
    expect(found.filter(({ typeOnly }) => typeOnly).map(({ specifier }) => specifier)).toEqual(types);
  });
});

describe('process', () => {
  test.each([
    'const home = process.env.HOME;',
    "const home = process['env'];",
    'const { env } = process;',
    'process\n  .exit(1);',
    'process?.exit();',
    'const p = globalThis.process;',
    'const text = `home: $' + '{process.env.HOME}`;',
    "import { exit } from 'node:process';",
    "import p from 'process';",
  ])('is not for anybody but main.ts: %j', (text) => {
    expect(one('server/sweep/loop.ts', text)).toEqual(['server/sweep/loop.ts touches process']);
    expect(one('server/demo/platform.ts', text)).toHaveLength(1);
    expect(one('server/main.ts', text)).toEqual([]);
  });

  test.each([
    '// process.env is not for us',
    '/** Only main.ts touches process. */',
    "const text = 'process.env';",
    'const text = `the process.exit of it`;',
    "import { spawn } from 'node:child_process';",
    'const preprocess = 1; const processes = [preprocess]; a.process(); const b = { process: 1 };',
  ])('leaves alone what only sounds like it: %j', (text) => expect(one('server/db/a.ts', text)).toEqual([]));
});

describe('names', () => {
  test.each([
    'utils.ts',
    'helpers.ts',
    'orphan-service.ts',
    'manager.ts',
    'common.ts',
    'SweepManager.tsx',
    'utils.test.ts',
  ])('%s says nothing and is refused', (name) =>
    expect(one(`server/sweep/${name}`, '')).toEqual([`server/sweep/${name} has a name that says nothing`]),
  );

  test('refuses an index.ts that only re-exports, and leaves one alone that holds something', () => {
    for (const text of ["export * from './a.ts';", "import { a } from './a.ts';\nexport { a };\n// all of it"]) {
      expect(one('server/api/index.ts', text)).toEqual(['server/api/index.ts only re-exports']);
    }
    expect(one('server/api/index.ts', "export { a } from './a.ts';\nexport const b = 1;")).toEqual([]);
    expect(one('server/api/orphans.ts', "export * from './a.ts';")).toEqual([]);
  });
});
