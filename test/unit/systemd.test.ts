import { describe, expect, test } from 'vitest';
import { HOME } from '../support/config.ts';
import { assignments } from '../support/dockerfile.ts';
import { CLOSES_WITHIN_S, configOf, read } from '../support/install-files.ts';

describe('the systemd unit', () => {
  const lines = read('ops/systemd/orphan-sweeper.service').split('\n');
  const all = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1));

  test('has settings that are read, and a credential behind each of their files', () => {
    const env = assignments(all('Environment').join(' '));
    expect(configOf({ ...env, CONTROL_PLANE_URL: 'https://cp.example' })).toMatchObject({
      home: { url: HOME },
      backend: { sharedSecret: 'secret' },
    });
    const files = Object.values(env).flatMap((value) => /^%d\/(.*)$/.exec(value)?.[1] ?? []);
    expect(files.sort()).toEqual(
      all('LoadCredential')
        .map((text) => text.split(':')[0])
        .sort(),
    );
    expect(files.length).toBeGreaterThan(0);
  });

  test('waits for an end longer than it may take, and does not repeat a start with wrong settings', () => {
    expect(Number(all('TimeoutStopSec')[0])).toBeGreaterThan(CLOSES_WITHIN_S);
    expect(all('RestartPreventExitStatus')).toEqual(['2']);
    expect(all('ExecStart')).toEqual(['/usr/bin/node dist/server/main.js']);
  });
});
