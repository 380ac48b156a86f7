import { describe, expect, test } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import { instanceUrl, runbookUrl, sweepLimit } from '../../web/src/lib/settings.ts';

function settings(name: string, value: string | number): ConfigAnswer {
  const setting = { name, value, source: 'environment', secret: false, set: true, meaning: '', wants: '' } as const;
  return { version: '0.1.0', replica: 'one', settings: [setting] };
}

describe('links from the settings', () => {
  test('the class is put into the runbook’s address, encoded', () => {
    expect(runbookUrl(settings('RUNBOOK_URL', 'https://wiki.example/{class}?x={class}'), 'a b')).toBe(
      'https://wiki.example/a%20b?x=a%20b',
    );
  });

  test('so are ids', () => {
    const of = { instanceId: 'i-1/../x', workspaceId: 'w 1' };
    expect(instanceUrl(settings('INSTANCE_URL_TEMPLATE', 'https://cloud.example/{workspaceId}/{instanceId}'), of)).toBe(
      'https://cloud.example/w%201/i-1%2F..%2Fx',
    );
  });

  test('what is no web address becomes no link', () => {
    expect(runbookUrl(settings('RUNBOOK_URL', 'javascript:alert(1)'), 'late')).toBeNull();
    expect(runbookUrl(settings('SWEEP_LIMIT', 100), 'late')).toBeNull();
    expect(runbookUrl(null, 'late')).toBeNull();
  });

  test('the limit is known only once the settings are', () => {
    expect(sweepLimit(settings('SWEEP_LIMIT', 100))).toBe(100);
    expect(sweepLimit(null)).toBeNull();
  });
});
