import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { InstanceAnswer } from '../../server/api/instance.ts';
import type { Status } from '../../server/api/status.ts';
import { headlineOf } from '../../server/commands/headline.ts';
import { type Gate, refusalOf } from '../../server/sweep/gate.ts';
import {
  BACKEND_KINDS,
  type BackendKind,
  FAILURE_CLASSES,
  PLATFORM_FAULTS,
  RESOLUTIONS,
  WHYS,
  wordsOf,
} from '../../server/sweep/outcome.ts';
import { causeWords } from '../../web/src/lib/cause-words.ts';
import { noWayBack } from '../../web/src/lib/no-way-back.ts';
import { realitiesOf } from '../../web/src/lib/reality.ts';
import { positiveControlWords } from '../../web/src/lib/server-facts.ts';
import { standingWords } from '../../web/src/lib/standing.ts';
import { trust } from '../../web/src/lib/trust.ts';
import { tryNowOf } from '../../web/src/lib/try-now.ts';
import { VERDICT_KINDS, verdictOf } from '../../web/src/lib/verdict.ts';
import { resolutionWords, whyWords } from '../../web/src/lib/words.ts';
import { curlsOf } from '../../web/src/lib/workspace-curls.ts';
import { orphanNamed } from '../support/orphan.ts';
import { leakingStatus, NOW, quietStatus } from '../support/status.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NOW_MS = Date.parse(NOW);
const OF_AN_INSTANCE = /control.plane|instance/i;
const OF_A_CONTAINER = /docker|container/i;

const settings = { version: '1', replica: 'r', settings: [] };
const backend = (kind: BackendKind, change: Partial<Status['backend']> = {}) => ({
  backend: { ...quietStatus().backend, kind, ...change },
});

const BROKEN = FAILURE_CLASSES.map((failure) => ({
  state: 'failing' as const,
  breaker: { state: 'open' as const, openedAt: NOW, class: failure, message: null, retryAt: null },
}));
const BACKENDS: readonly Partial<Status['backend']>[] = [
  {},
  ...BROKEN,
  ...(['answering', 'failing', 'not_answering', 'not_configured', 'unknown'] as const).map((state) => ({ state })),
  { positiveControl: 'not_known' },
];
const LATE = { ...quietStatus().sweeper, state: 'late' as const };

/** Everything that the console makes of a status. */
function everyStatus(kind: BackendKind): Status[] {
  return BACKENDS.flatMap((change) => [
    quietStatus({ ...backend(kind, change), unconfirmed: 4 }),
    leakingStatus({ waiting: 3, stuck: 2 }, backend(kind, change)),
    leakingStatus({ waiting: 3 }, { ...backend(kind, change), sweeper: LATE }),
  ]);
}

function toldOf(kind: BackendKind): string[] {
  return [
    ...everyStatus(kind).flatMap((status) => {
      const input = {
        connection: 'live',
        status,
        nowMs: NOW_MS,
        zone: 'utc',
        sweepLimit: 100,
        hasRunbook: true,
      } as const;
      const { headline, detail, spoken } = verdictOf({ ...input, refusal: null });
      const tried = tryNowOf(status, 'live', [orphanNamed('dev-7')]);
      return [
        ...[headline, detail ?? '', spoken, headlineOf({ ...status, observedAt: NOW }).headline],
        ...trust('live', status, NOW_MS, 'utc').map(({ words }) => words),
        ...trust('offline', status, NOW_MS, 'utc').map(({ words }) => words),
        tried?.kind === 'not_now' ? tried.why : '',
        positiveControlWords(status, settings),
      ];
    }),
    ...VERDICT_KINDS.map((verdict) => standingWords(verdict, kind) ?? ''),
    ...WHYS.map((why) => whyWords(why, kind)),
    ...WHYS.map((why) => causeWords({ ...CAUSE, why }, kind)),
    ...RESOLUTIONS.map((resolution) => resolutionWords(resolution, kind)),
    ...curlsOf('w-1', [orphanNamed('dev-7')], kind).map(({ name }) => name),
    noWayBack(kind),
    ...everyAnswer().flatMap((answer) => realitiesOf(answer, kind).map(({ sentence }) => sentence)),
  ];
}

const CAUSE = {
  key: '0123456789ab',
  class: null,
  outcome: null,
  pattern: null,
  httpStatus: null,
  count: 1,
  stuck: 0,
  since: null,
} as const;

function everyAnswer(): InstanceAnswer[] {
  const live = { workspaceId: 'w-2', workspaceName: null, instanceId: 'i-1' };
  const rows = [null, { removed: true, instanceId: null }, { removed: false, instanceId: null }];
  const answers: InstanceAnswer['platform']['answer'][] = [
    null,
    { row: null, liveRows: [], tableEmpty: true },
    ...rows.flatMap((row) => [[], [live]].map((liveRows) => ({ row, liveRows, tableEmpty: false }))),
  ];
  const states = [
    [],
    ...['running', 'exited', 'not_found', null].map((state) => [{ instanceId: 'i-1', state, error: null }]),
  ];
  return answers.flatMap((answer) =>
    states.map((instances) => ({ workspaceId: 'w-1', askedAt: NOW, platform: { answer, error: null }, instances })),
  );
}

describe('what people read', () => {
  it('of containers names no control plane and no instance', () => {
    const told = toldOf('docker');
    expect(told.length).toBe(toldOf('control-plane').length);
    expect(told.length).toBeGreaterThan(500);
    expect(told.filter((words) => OF_AN_INSTANCE.test(words))).toEqual([]);
    expect(new Set(told.filter((words) => OF_A_CONTAINER.test(words))).size).toBeGreaterThan(40);
  });

  it('of a control plane names no Docker Engine and no container', () => {
    expect(toldOf('control-plane').filter((words) => OF_A_CONTAINER.test(words))).toEqual([]);
  });

  it.each(BACKEND_KINDS)('has every word for %s', (kind) => {
    for (const word of Object.values(wordsOf(kind))) expect(word).toMatch(/^[A-Za-z ]+$/);
  });

  it('where nothing is configured is about a control plane, which is what most set up', () => {
    expect(wordsOf(null)).toEqual(wordsOf('control-plane'));
  });
});

it('a container that went by itself was cleared by nobody', () => {
  expect(resolutionWords('external', 'docker')).toBe('Gone, and not removed from here');
  expect(RESOLUTIONS.filter((one) => resolutionWords(one, 'docker') !== resolutionWords(one, null))).toEqual([
    'external',
  ]);
});

describe('a sweep that may stop nothing because it was asked not to call', () => {
  const gate: Gate = {
    now: '',
    brakeLatched: false,
    pause: null,
    cancelled: false,
    breaker: { open: true, run: [], probes: 0, restUntil: new Date(NOW) },
    notKnown: false,
    platformWriteError: null,
    platformEmpty: false,
  };
  it.each([
    ['control-plane', 'The control plane asked not to be called before 2026-11-23T03:12:04.000Z.'],
    ['docker', 'The Docker Engine asked not to be called before 2026-11-23T03:12:04.000Z.'],
    [null, 'The control plane asked not to be called before 2026-11-23T03:12:04.000Z.'],
  ] as const)('says who asked: %s', (kind, sentence) => {
    expect(refusalOf(gate, { byHand: false, dryRun: false, kind })).toBe(sentence);
  });
});

describe('an engine that cannot be asked which containers there are', () => {
  const fault = { kind: 'engine', role: null } as const;
  const status = leakingStatus(
    { waiting: 1 },
    { ...backend('docker'), platform: { state: 'failing', error: 'DOCKER_HOST is away.', since: null, fault } },
  );

  it('is told apart from the platform database, of which nothing is claimed then', () => {
    expect(PLATFORM_FAULTS).toContain(fault.kind);
    expect(trust('live', status, NOW_MS, 'utc').map(({ words, judgement }) => `${judgement}: ${words}`)).toEqual([
      'good: Live · 0 s',
      'good: Sweeper on schedule',
      'bad: Docker Engine not answering',
      'open: Platform database unknown',
    ]);
    expect(tryNowOf(status, 'live', [orphanNamed('dev-7')])).toEqual({
      kind: 'not_now',
      why: 'Nothing is stopped until the Docker Engine can be asked again.',
    });
  });
});

describe('found containers that no sweep would take', () => {
  const input = {
    connection: 'live',
    nowMs: NOW_MS,
    zone: 'utc',
    sweepLimit: 100,
    hasRunbook: true,
    refusal: null,
  } as const;
  const tell = (kind: BackendKind, sweepable: number) =>
    verdictOf({ ...input, status: leakingStatus({ waiting: 2 }, { ...backend(kind), sweepable }) });

  it('are not promised to the next sweep', () => {
    expect(tell('docker', 0)).toMatchObject({
      kind: 'waiting',
      headline: '2 orphans found, not to be stopped for now',
      primary: { kind: 'show', label: 'Show the 2', state: null },
    });
    expect(tell('docker', 1).headline).toBe('2 orphans found, next sweep in 46 s');
    expect(tell('control-plane', 0).headline).toBe('2 orphans found, next sweep in 46 s');
  });
});

/** Where it is meant: the words themselves, what is set up or asked of a control plane alone, and what cannot know. */
const MAY_SAY = [
  'server/api/measures.ts',
  'server/commands/check-control-plane.ts',
  'server/commands/check.ts',
  'server/commands/checklist.ts',
  'server/commands/status.ts',
  'server/config.ts',
  'server/env-example.ts',
  'server/settings.ts',
  'server/sweep/explain-phrases.ts',
  'server/sweep/outcome.ts',
  'server/sweep/positive-control.ts',
  'web/src/lib/first-run.ts',
  'web/src/lib/reality.ts',
];

it('no other file says "control plane" to people', () => {
  const files = ['server', 'web/src'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const read = files.filter((path) => /\.tsx?$/.test(path) && !/^server\/(demo|backends)[./]/.test(path));
  expect(read.length).toBeGreaterThan(300);
  const saying = read.filter((path) => {
    const code = readFileSync(join(ROOT, path), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    return /control plane/i.test(code);
  });
  expect(saying.filter((path) => !MAY_SAY.includes(path))).toEqual([]);
});
