import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

export interface FirstScreenOptions {
  /** The most JavaScript that the first screen may need, as transferred with gzip. */
  readonly budgetBytes: number;
  /** Scripts that index.html loads beside the program, from public/. */
  readonly beside: readonly string[];
}

const COMPRESSED = /\.(js|css|html|svg)$/;

/**
 * Writes a .br and a .gz beside every file of the console, for a server that only has to pick one, and fails the build
 * when the JavaScript that the first screen needs is larger than its budget, gzipped.
 */
export function firstScreen({ budgetBytes, beside }: FirstScreenOptions): Plugin {
  let scripts: readonly string[] = [];
  return {
    name: 'first-screen',
    apply: 'build',
    generateBundle(_options, bundle) {
      const needed = new Set<string>();
      const add = (name: string): void => {
        const chunk = bundle[name];
        if (needed.has(name) || chunk?.type !== 'chunk') return;
        needed.add(name);
        for (const imported of chunk.imports) add(imported);
      };
      for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk' && chunk.isEntry) add(chunk.fileName);
      scripts = [...needed, ...beside];
    },
    writeBundle({ dir = '' }) {
      for (const path of readdirSync(dir, { recursive: true, encoding: 'utf8' })) {
        if (!COMPRESSED.test(path)) continue;
        const content = readFileSync(join(dir, path));
        writeFileSync(join(dir, `${path}.gz`), gzipSync(content, { level: 9 }));
        writeFileSync(
          join(dir, `${path}.br`),
          brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }),
        );
      }
      const sizes = scripts.map((name) => ({ name, bytes: readFileSync(join(dir, `${name}.gz`)).length }));
      const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
      const list = sizes.map(({ name, bytes }) => `${name} ${bytes}`).join(', ');
      if (total > budgetBytes) {
        this.error(`The first screen needs ${total} bytes of gzipped JavaScript, over ${budgetBytes}: ${list}.`);
      }
      this.info(`The first screen needs ${total} of ${budgetBytes} bytes of gzipped JavaScript: ${list}.`);
    },
  };
}
