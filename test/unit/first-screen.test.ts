import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { build } from 'vite';
import { beforeEach, expect, test } from 'vitest';
import { firstScreen } from '../../web/first-screen.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'first-screen-'));
  await mkdir(join(root, 'public'));
  await writeFile(join(root, 'public/early.js'), 'document.title = "early";');
  await writeFile(
    join(root, 'index.html'),
    '<script src="/early.js"></script><script type="module" src="/main.js"></script>',
  );
  await writeFile(
    join(root, 'main.js'),
    'import { noise } from "./needed.js"; console.log(noise, () => import("./later.js"));',
  );
  await writeFile(join(root, 'needed.js'), `export const noise = "${noise(1_000)}";`);
  await writeFile(join(root, 'later.js'), `export const noise = "${noise(50_000)}";`);
  return () => rm(root, { recursive: true });
});

/** Does not compress below half of its length. */
function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 36).toString(36);
  }).join('');
}

const buildWith = (budgetBytes: number) =>
  build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [firstScreen({ budgetBytes, beside: ['early.js'] })],
  });

test('what the first screen needs fits, and what is loaded later does not count', async () => {
  await buildWith(5_000);
  for (const name of ['index.html', 'early.js']) {
    const plain = await readFile(join(root, 'dist', name));
    expect(gunzipSync(await readFile(join(root, 'dist', `${name}.gz`)))).toEqual(plain);
    expect(brotliDecompressSync(await readFile(join(root, 'dist', `${name}.br`)))).toEqual(plain);
  }
});

test('a build over its budget fails, and says by what', async () => {
  await expect(buildWith(500)).rejects.toThrow(/needs \d+ bytes of gzipped JavaScript, over 500: .*early\.js \d+/);
});
