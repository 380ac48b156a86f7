import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isSettingName, settingOf } from '../../server/settings.ts';
import { FAILURE_CLASSES, WHYS } from '../../server/sweep/outcome.ts';
import { VERDICT_KINDS } from '../../web/src/lib/verdict.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCS = new URL('docs/', ROOT);
const pages = readdirSync(DOCS).filter((name) => name.endsWith('.md'));
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const runbook = read('docs/runbook.md');
const headings = [...runbook.matchAll(/^### (\S+)$/gm)].map(([, name]) => name);

/** Those that send somebody to the runbook. */
const VERDICTS = VERDICT_KINDS.filter((kind) =>
  ['verdict-not-stopping', 'verdict-orphans', 'verdict-unknown'].some((file) =>
    read(`web/src/lib/${file}.ts`).includes(`runbook(input, '${kind}')`),
  ),
);
const ALERTS = [...read('ops/prometheus/orphan-sweeper.rules.yml').matchAll(/runbook_url: \S+#(\S+)/g)].map(
  ([, name]) => name,
);

describe('the runbook', () => {
  it.each([
    ['class of a failure', FAILURE_CLASSES],
    ['outcome that is a cause', ['stopped_live', 'shared', 'clear_failed', 'interrupted']],
    ['reason of an orphan but the plain one', WHYS.filter((why) => why !== 'removed')],
    ['verdict that leads to it', VERDICTS],
    ['alert', ALERTS],
  ])('has a heading for every %s', (_, names) => {
    expect(names.length).toBeGreaterThanOrEqual(4);
    expect(headings).toEqual(expect.arrayContaining([...names]));
  });

  it('has none twice: an anchor leads to one place', () => {
    expect(headings).toHaveLength(new Set(headings).size);
  });
});

describe.each([...pages.map((name) => `docs/${name}`), 'README.md'])('%s', (path) => {
  const text = read(path);

  it('names no setting that does not exist', () => {
    const named = [...text.matchAll(/`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');
    const isOurs = (name: string) => {
      const plain = name.replace(/_FILE$/, '');
      return isSettingName(plain) && (plain === name || settingOf(plain).secret === true);
    };
    const others = ['NODE_EXTRA_CA_CERTS', 'ORPHAN_SWEEPER_TOKEN'];
    expect(named.filter((name) => !isOurs(name) && !others.includes(name))).toEqual([]);
  });

  it('has no link that leads nowhere', () => {
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link]) => link ?? '');
    const files = links.filter((link) => !/^https?:/.test(link));
    expect(files.filter((file) => !existsSync(new URL(file, new URL(path, ROOT))))).toEqual([]);
  });
});

it('there are these pages', () => {
  expect(pages.sort()).toEqual(['install.md', 'operations.md', 'production.md', 'runbook.md', 'threat-model.md']);
});
