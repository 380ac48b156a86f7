import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLOSES_WITHIN_S, IMAGE, manifest, ROOT, read } from '../support/install-files.ts';

const text = read('docs/install.md');

test('docs/install.md names only files and scripts that are there', () => {
  const named = [...text.matchAll(/\bops\/[\w./-]+\w|\bcompose\.yaml|\.env\.example/g)].map(([path]) => path);
  expect(new Set(named).size).toBeGreaterThan(5);
  for (const path of named) expect(existsSync(new URL(path, ROOT)), path).toBe(true);
  const scripts = [...text.matchAll(/^npm run ([a-z:]+)/gm)].map(([, name]) => name ?? '');
  expect(new Set(scripts).size).toBeGreaterThan(1);
  for (const name of scripts) expect(manifest.scripts).toHaveProperty(name);
});

test('it calls the image by its name, and knows how long an end may take', () => {
  expect(text).toContain(`--tag ${IMAGE} .`);
  expect(text).toContain(`Its end may take ${CLOSES_WITHIN_S} s`);
});
