import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import Value from 'typebox/value';

export interface Project {
  /** The folder of package.json. */
  readonly root: string;
  /** `x.y.z` */
  readonly version: string;
}

const MANIFEST = Type.Object({ version: Type.String() });

/** Finds the project that a module belongs to: the same from its source as from what was built of it. */
export function findProject(moduleUrl: string): Project {
  let root = dirname(fileURLToPath(moduleUrl));
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root);
  const { version } = Value.Parse(MANIFEST, JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return { root, version };
}
