import { dirname, join } from 'node:path/posix';

/** A file of the program: its path from the top of the project, with `/`, and what is in it. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As written: a package, or a relative path. */
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

const LISTS = 'server/sweep/outcome.ts';
const CONTRACT = 'server/backends/backend.ts';
const SETTINGS = [
  ...['config', 'settings', 'environment', 'contradictions', 'urls', 'project', 'isolation'],
  ...['env-file', 'env-example'],
].map((name) => `server/${name}.ts`);
const PROGRAM = ['server/program.ts', 'server/resources.ts', 'server/backend-of.ts'];

/** Who may import whom: an arrow that is not here points up. */
const BELOW = {
  main: ['demonstration', 'program', 'commands', 'log', 'sweep', 'db', 'settings'],
  // Each does once what the program does all the time, and answers as the API does.
  commands: ['commands', 'program', 'log', 'api', 'access', 'sweep', 'db', 'backends', 'settings'],
  // The only one who knows both sides.
  demonstration: ['program', 'demo', 'sweep', 'db', 'settings'],
  program: ['program', 'startup', 'app', 'api', 'notify', 'sweep', 'db', 'backends', 'settings'],
  startup: ['api', 'sweep', 'db'],
  app: ['api', 'notify', 'sweep', 'db', 'settings'],
  api: ['api', 'access', 'notify', 'sweep', 'db', 'settings'],
  // Who asks, and what they may: knows no more of the sweep than how acts are written down.
  access: ['access', 'sweep', 'db'],
  // Messages go out over the same kind of line as Stops do.
  notify: ['notify', 'sweep', 'db', 'backends', 'settings'],
  sweep: ['sweep', 'db'],
  db: ['db'],
  backends: ['backends'],
  // What the others say comes to it as plain calls.
  log: ['log', 'sweep', 'db', 'backends', 'settings'],
  demo: ['demo', 'db'],
  settings: ['settings'],
  web: ['web'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Layer = keyof typeof BELOW;

const FOLDERS: readonly (readonly [string, Layer])[] = [
  ['server/commands/', 'commands'],
  ['server/access/', 'access'],
  ['server/api/', 'api'],
  ['server/notify/', 'notify'],
  ['server/sweep/', 'sweep'],
  ['server/db/', 'db'],
  ['server/backends/', 'backends'],
  ['server/demo/', 'demo'],
  ['server/log/', 'log'],
  ['web/', 'web'],
];

/** Must not know that it is served over HTTP. */
const WITHOUT_FASTIFY: readonly Layer[] = [
  'commands',
  'access',
  'notify',
  'sweep',
  'db',
  'backends',
  'log',
  'settings',
];
/** Says what it has to say through an interface of its own. */
const WITHOUT_PINO: readonly Layer[] = ['sweep', 'settings', 'backends', 'startup'];
/** What else there is gets what it needs of `process` handed in. */
const ENTRY = 'server/main.ts';
const VAGUE = ['util', 'utils', 'helper', 'helpers', 'service', 'services', 'manager', 'managers', 'common'];

export function layerOf(path: string): Layer | null {
  if (path === ENTRY) return 'main';
  if (path === 'server/demo.ts') return 'demonstration';
  if (PROGRAM.includes(path)) return 'program';
  if (path === 'server/startup.ts') return 'startup';
  if (path === 'server/app.ts') return 'app';
  if (SETTINGS.includes(path)) return 'settings';
  return FOLDERS.find(([folder]) => path.startsWith(folder))?.[1] ?? null;
}

/** Everything that breaks the layout of the program, a sentence each. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [...arrowsUp(file), ...processUse(file), ...vagueName(file), ...barrel(file)]);
}

function arrowsUp({ path, text }: SourceFile): string[] {
  const from = layerOf(path);
  if (from === null) return [`${path} has no place in the layers`];
  return importsOf(text).flatMap((imported) => {
    const { specifier } = imported;
    if (!specifier.startsWith('.')) {
      const fastify = specifier === 'fastify' || specifier.startsWith('fastify/') || specifier.startsWith('@fastify/');
      const pino = /^pino(-|\/|$)/.test(specifier);
      const refused = (fastify && WITHOUT_FASTIFY.includes(from)) || (pino && WITHOUT_PINO.includes(from));
      return refused ? [`${path} imports ${specifier}`] : [];
    }
    const target = join(dirname(path), specifier);
    return allowed(from, target, imported.typeOnly) ? [] : [`${path} imports ${target}`];
  });
}

function allowed(from: Layer, target: string, typeOnly: boolean): boolean {
  const to = layerOf(target);
  // The demo plays the other side: what it says must not come from the program that it puts to the test.
  if (target === LISTS) return from !== 'demo';
  if (target === CONTRACT && typeOnly && (from === 'sweep' || from === 'api' || from === 'app')) return true;
  if (from === 'web' && to !== 'web') return typeOnly && target.startsWith('server/');
  const below: readonly string[] = BELOW[from];
  return to !== null && below.includes(to);
}

function processUse({ path, text }: SourceFile): string[] {
  if (!path.startsWith('server/') || path === ENTRY) return [];
  const imported = importsOf(text).some(({ specifier }) => /^(node:)?process$/.test(specifier));
  const named = /(?<![\w$.])process(?![\w$]|\s*:)|\bglobalThis\s*\??\.\s*process\b/.test(withoutText(text));
  return imported || named ? [`${path} touches process`] : [];
}

function vagueName({ path }: SourceFile): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[.-]/);
  return words.some((word) => VAGUE.includes(word)) ? [`${path} has a name that says nothing`] : [];
}

/** An index file in which nothing is left once its imports and its exports of imported names are gone. */
function barrel({ path, text }: SourceFile): string[] {
  if (!/\/index\.tsx?$/.test(path)) return [];
  const rest = withoutComments(text)
    .replace(/\b(import|export)\b[^;'"]*?\bfrom\s*['"][^'"]*['"];?/g, '')
    .replace(/\bimport\s*['"][^'"]*['"];?|\bexport\s*(type\s*)?\{[^}]*\};?/g, '');
  return rest.trim() === '' ? [`${path} only re-exports`] : [];
}

export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const statements = code.matchAll(/(?<![\w$.])(?:import|export)\s+([^;'"`()=]*?)\bfrom\s*['"]([^'"]+)['"]/g);
  const bare = code.matchAll(/(?<![\w$.])(?:import\s*\(?|require\s*\()\s*['"`]([^'"`]+)['"`]/g);
  return [
    ...Array.from(statements, ([, clause = '', specifier = '']) => ({ specifier, typeOnly: isTypeOnly(clause) })),
    ...Array.from(bare, ([, specifier = '']) => ({ specifier, typeOnly: false })),
  ];
}

/** `import type …`, or braces in which every name says `type`. */
function isTypeOnly(clause: string): boolean {
  if (/^type\s+[\w{*]/.test(clause)) return true;
  const names = /^\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(',') ?? [''];
  const said = names.map((name) => name.trim()).filter((name) => name !== '');
  return said.length > 0 && said.every((name) => name.startsWith('type '));
}

const TOKENS = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** Strings are matched too, so that the // of a URL is not taken for a comment. */
function withoutComments(text: string): string {
  return text.replace(TOKENS, (token) => (token.startsWith('/') ? ' ' : token));
}

/** Of strings nothing is left, of templates what is computed in them. */
function withoutText(text: string): string {
  return text.replace(TOKENS, (token) => {
    if (token.startsWith('`')) return (token.match(/\$\{[^}]*\}/g) ?? []).join(' ');
    return ' ';
  });
}
