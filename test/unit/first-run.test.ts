import { describe, expect, it } from 'vitest';
import type { ConfigAnswer } from '../../server/api/config.ts';
import type { Status } from '../../server/api/status.ts';
import { parseConfig } from '../../server/config.ts';
import { PLATFORM_FAULTS, type PlatformFaultCode } from '../../server/sweep/outcome.ts';
import { type SetUpStep, setUpSteps } from '../../web/src/lib/first-run.ts';
import { needsSetUp, seemsNew } from '../../web/src/lib/first-run-needed.ts';
import { hasGap, parted } from '../../web/src/lib/gaps.ts';
import { NOW, quietStatus } from '../support/status.ts';

const HOME = 'postgres://us@db.example:5432/home';

function settingsWith(env: Readonly<Record<string, string>> = {}): ConfigAnswer {
  const { settings } = parseConfig({ DATABASE_URL: HOME, ...env }, () => '');
  return { version: '0.1.0', replica: 'one', settings: [...settings] };
}

const backend: Status['backend'] = { ...quietStatus().backend, kind: null, state: 'not_configured' };
const faulty = (kind: PlatformFaultCode, change: Partial<Status> = {}, role: string | null = 'sweeper') =>
  quietStatus({ platform: { state: 'failing', error: 'It fails.', since: null, fault: { kind, role } }, ...change });

function onlyStep(status: Status, settings = settingsWith()): SetUpStep {
  const [step, ...others] = setUpSteps(status, settings);
  expect(others).toEqual([]);
  if (step === undefined) throw new Error('there is no step');
  return step;
}

const texts = ({ snippets }: SetUpStep) => snippets.map(({ text }) => text);
/** As an environment has them. */
const environment = (text: string) => Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s, 2)));

describe('what is to be set', () => {
  it('is nothing where all is well, and where the platform only did not answer in time it was asked', () => {
    expect(setUpSteps(quietStatus(), settingsWith())).toEqual([]);
    expect(needsSetUp(quietStatus())).toBe(false);
    expect(setUpSteps(faulty('unreachable'), settingsWith())).toEqual([]);
  });

  it('begins with the platform, then says who stops instances', () => {
    const steps = setUpSteps(faulty('no_table', { backend }), settingsWith());
    expect(steps.map(({ title }) => title)).toEqual(["Name the platform's table", 'Say who stops instances']);
  });

  it.each(PLATFORM_FAULTS)('%s has something to copy before the first look', (kind) => {
    const status = faulty(kind, { observedAt: null });
    expect(needsSetUp(status)).toBe(true);
    const { snippets, words } = onlyStep(status);
    expect(snippets.length).toBeGreaterThan(0);
    expect(words).toMatch(/\.$/);
    // Each is a key of its list, and what a button says is what it copies.
    expect(new Set(snippets.map(({ text }) => text)).size).toBe(snippets.length);
  });

  it('says what the platform answered only where the verdict is about something else', () => {
    expect(onlyStep(faulty('no_table')).said).toBeNull();
    const late = { ...quietStatus().sweeper, state: 'late' as const };
    expect(onlyStep(faulty('no_table', { sweeper: late })).said).toBe('It fails.');
    const foreign = { ...late, state: 'disabled' as const, reason: 'It fails.' };
    expect(onlyStep(faulty('not_ours', { sweeper: foreign })).said).toBeNull();
  });

  it.each([
    ['the control plane', quietStatus({ backend })],
    ['a platform of its own', faulty('not_ours')],
    ['the primary', faulty('replica')],
    ['a database that never answered', faulty('refused', { observedAt: null })],
  ])('for %s is accepted as it stands, with what is in capitals filled in', (_, status) => {
    const text = texts(onlyStep(status)).at(-1) ?? '';
    const filled = parted(text).map((part, index) => (index % 2 === 0 ? part : 'filled'));
    const env = environment(filled.join(''));
    expect(() => parseConfig({ DATABASE_URL: HOME, ...env }, () => '')).not.toThrow();
  });

  it('for a server without a database is one, in the words of the README', () => {
    const { settings } = parseConfig({}, () => '');
    const step = onlyStep(faulty('no_table'), { version: '0.1.0', replica: 'one', settings: [...settings] });
    expect(texts(step)).toEqual([
      `create role orphan_sweeper login password 'A_PASSWORD';
grant usage on schema "public" to "orphan_sweeper";
grant select, update (instance_id, updated_at)
  on "public"."workspaces" to "orphan_sweeper";
create schema sweeper authorization orphan_sweeper;`,
      'DATABASE_URL=postgres://orphan_sweeper:A_PASSWORD@DATABASE_HOST:5432/DATABASE_NAME',
    ]);
  });

  it('grants what is needed and no more, to the very role, on the very table', () => {
    const [grants] = texts(onlyStep(faulty('no_grant', {}, 'us"er'), settingsWith({ PLATFORM_TABLE: 'App.Order' })));
    expect(grants).toBe(`grant usage on schema "App" to "us""er";
grant select, update (instance_id, updated_at)
  on "App"."Order" to "us""er";`);
  });

  it.each(PLATFORM_FAULTS)('of %s has no word in capitals that is neither marked nor the name of a setting', (kind) => {
    const steps = setUpSteps(faulty(kind, { observedAt: null, backend }, null), settingsWith());
    for (const text of steps.flatMap(texts)) {
      const unmarked = parted(text)
        .filter((_, index) => index % 2 === 0)
        .join('');
      expect(unmarked.replaceAll(/^[A-Z_]+=/gm, '')).not.toMatch(/[A-Z]{2}/);
    }
  });

  it('is marked where there is something to fill in, and not inside of other words', () => {
    expect(parted('a THE_ROLE b')).toEqual(['a ', 'THE_ROLE', ' b']);
    expect(hasGap('SCHEMA.TABLE')).toBe(true);
    expect(hasGap('SCHEMAXTABLE MY_THE_ROLE THE_ROLES')).toBe(false);
  });

  it('has a gap to fill in where no role is known', () => {
    const [grants] = texts(onlyStep(faulty('no_grant', {}, null)));
    expect(grants).toContain('to "THE_ROLE"');
  });

  it.each(PLATFORM_FAULTS)('of %s writes to no row of anybody', (kind) => {
    for (const text of texts(onlyStep(faulty(kind, { observedAt: null })))) {
      expect(text).not.toMatch(/^\s*(insert|delete|truncate|drop|update|merge)\b/im);
    }
  });
});

describe('what is to be set where containers are stopped', () => {
  const docker = { ...quietStatus().backend, kind: 'docker' as const };

  it.each(PLATFORM_FAULTS)('of %s grants and names nothing but what is read', (kind) => {
    const step = onlyStep(faulty(kind, { observedAt: null, backend: docker }));
    const said = [step.title, step.words, ...texts(step)].join(' ');
    if (kind !== 'read_only') expect(said).not.toMatch(/\bids?\b.*clear|clear.*\bids?\b/);
    expect(said).not.toMatch(/instance|update \(|control plane/i);
  });

  it('is a role that may read four columns', () => {
    const { settings } = parseConfig({}, () => '');
    const answer = { version: '0.1.0', replica: 'one', settings: [...settings] };
    const [sql] = texts(onlyStep(faulty('no_table', { backend: docker }), answer));
    expect(sql).toContain('grant select\n  on "public"."workspaces" to "orphan_sweeper";');
    expect(onlyStep(faulty('no_table', { backend: docker })).words).toContain(
      'A table is needed with the columns id, name, status and updated_at; none of these is written.',
    );
  });

  it('is the way to the engine, where that does not answer', () => {
    const step = onlyStep(faulty('engine', { backend: docker, observedAt: null }));
    expect(texts(step).at(-1)).toBe('DOCKER_HOST=unix:///var/run/docker.sock');
    // One that has answered before is away, and not set wrong.
    expect(setUpSteps(faulty('engine', { backend: docker }), settingsWith())).toEqual([]);
  });
});

describe('a console is new', () => {
  const NEW = quietStatus({ backend: { ...quietStatus().backend, lastSuccessAt: null } });
  it('while it has looked, and neither an orphan nor a success is known', () => expect(seemsNew(NEW)).toBe(true));

  it.each<[string, Partial<Status>]>([
    ['while nothing is known', { counts: null }],
    ['while nothing is swept', { sweeper: { ...NEW.sweeper, state: 'paused' } }],
    ['with an open orphan', { counts: { open: 1, waiting: 1, sweeping: 0, retrying: 0, stuck: 0, held: 0 } }],
    ['after a success', { backend: { ...quietStatus().backend, lastSuccessAt: NOW } }],
  ])('not %s', (_, change) => expect(seemsNew({ ...NEW, ...change })).toBe(false));
});
