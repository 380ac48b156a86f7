import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createMeasures } from '../../server/api/measures.ts';
import { buildApp } from '../../server/app.ts';
import { parseConfig } from '../../server/config.ts';
import { createRepeats } from '../../server/log/repeats.ts';
import { systemClock } from '../../server/sweep/clock.ts';
import { nobodyTold } from '../support/notifying.ts';

test.each(['console', 'assets', 'assets/orphan-sweeper/web', 'assets-of-all/web'])(
  'only what changes its name with its content is kept for ever, wherever the console is installed (%s)',
  async (folder) => {
    const above = await mkdtemp(join(tmpdir(), 'console-'));
    onTestFinished(() => rm(above, { recursive: true }));
    const webRoot = join(above, folder);
    await mkdir(join(webRoot, 'assets'), { recursive: true });
    for (const file of ['index.html', 'early.js', 'assets/index-BUj5.js']) await writeFile(join(webRoot, file), 'x');
    const config = parseConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, () => '');
    const log = pino({ level: 'silent' });
    const app = await buildApp({
      config,
      version: '0.1.0',
      replica: 'one',
      startedAt: new Date(),
      state: () => ({ home: null, error: null }),
      measures: createMeasures(config, '0.1.0'),
      notifier: nobodyTold(),
      log,
      repeats: createRepeats(systemClock, log),
      webRoot,
    });
    onTestFinished(() => app.close());
    const kept = async (url: string) => (await app.inject(url)).headers['cache-control'];
    for (const url of ['/', '/index.html', '/orphans', '/early.js']) expect(await kept(url), url).toBe('no-cache');
    expect(await kept('/assets/index-BUj5.js')).toBe('public, max-age=31536000, immutable');
  },
);
