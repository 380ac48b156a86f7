import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/embedded-cases.ts';
import { read } from '../support/install-files.ts';
import { findInstalled } from '../support/installed.ts';

/** How much of the system a unit can still reach, from 0 to 10 in tenths, by systemd's own reckoning. */
const MOST_EXPOSED = 20;

const find = (skip: (note: string) => never) => findInstalled('systemd-analyze', 'systemd', skip);

/** The unit, with a Node and a folder that are there: systemd looks for both. */
async function unit(change = (text: string): string => text): Promise<string> {
  const folder = await temporaryFolder();
  const path = join(folder, 'orphan-sweeper.service');
  const text = read('ops/systemd/orphan-sweeper.service')
    .replace('/usr/bin/node', process.execPath)
    .replace('/opt/orphan-sweeper', folder);
  await writeFile(path, change(text));
  return path;
}

describe('the systemd unit', () => {
  it('is taken by systemd without a word', async ({ skip }) => {
    const { stdout, stderr } = await promisify(execFile)(find(skip), ['verify', await unit()]);
    expect(stdout + stderr).toBe('');
  });

  it('with a word that systemd does not know would be told', async ({ skip }) => {
    const path = await unit((text) => text.replace('TimeoutStopSec=', 'TimeoutStopSecs='));
    const { stderr } = await promisify(execFile)(find(skip), ['verify', path]);
    expect(stderr).toContain('TimeoutStopSecs');
  });

  it('leaves little of the system within reach', async ({ skip }) => {
    const args = ['security', '--offline=true', '--no-pager', `--threshold=${MOST_EXPOSED}`, await unit()];
    const { stdout } = await promisify(execFile)(find(skip), args);
    expect(stdout).toMatch(/Overall exposure level for orphan-sweeper\.service: [01]\.\d OK/);
  });
});
