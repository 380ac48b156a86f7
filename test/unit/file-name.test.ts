import { describe, expect, it } from 'vitest';
import { downloadAs } from '../../server/api/file-name.ts';

const at = new Date('2026-11-26T17:00:59.999Z');
const name = (environment: string | null) => downloadAs({ about: 'orphans', environment, at, extension: 'csv' });

describe('the name of a download', () => {
  it.each([
    [null, 'filename="orphans-2026-11-26T170059Z.csv"'],
    ['production', 'filename="orphans-production-2026-11-26T170059Z.csv"'],
    ['eu-west.1', 'filename="orphans-eu-west.1-2026-11-26T170059Z.csv"'],
    ['../../etc', 'filename="orphans-etc-2026-11-26T170059Z.csv"'],
    ['a"; filename="b.exe', 'filename="orphans-a-filename-b.exe-2026-11-26T170059Z.csv"'],
    ['..', 'filename="orphans-2026-11-26T170059Z.csv"'],
  ])('of %j is plain', (environment, expected) => {
    expect(name(environment).replace(/; filename\*=.*/, '')).toBe(`attachment; ${expected}`);
  });

  it('that is not ASCII is told in both ways', () => {
    expect(name("Süd (it's)")).toBe(
      `attachment; filename="orphans-S-d-it-s-2026-11-26T170059Z.csv"; ` +
        `filename*=UTF-8''orphans-S%C3%BCd-%28it%27s%29-2026-11-26T170059Z.csv`,
    );
    expect(name('東京')).toBe(
      `attachment; filename="orphans-2026-11-26T170059Z.csv"; ` +
        `filename*=UTF-8''orphans-%E6%9D%B1%E4%BA%AC-2026-11-26T170059Z.csv`,
    );
  });

  it('is printable ASCII whatever the environment is called', () => {
    for (const odd of ['a\r\nX: y', '\u202edesrever', '"', '%00', '\u2028', '🦊'.repeat(20)]) {
      expect(name(odd)).toMatch(/^attachment; filename="[\w.-]+"(; filename\*=UTF-8''[\w.%~!-]+)?$/);
    }
  });
});
