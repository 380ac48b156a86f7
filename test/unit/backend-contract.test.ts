import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StopAnswer, StopFailure } from '../../server/backends/backend.ts';
import { BACKEND_KINDS } from '../../server/sweep/outcome.ts';
import { type BackendRig, RIGS, request } from '../support/backend-rigs.ts';

/** What every backend promises, of each of them. What only one has stands in a file of its own. */
describe.each(BACKEND_KINDS)('%s', (kind) => {
  let rig: BackendRig;
  beforeEach(async () => {
    rig = await RIGS[kind]();
  });
  afterEach(async () => {
    await rig.backend.close();
    await rig.close();
  });

  const gone = expect.stringMatching(/^(terminated|not_found)$/);

  it('stops an instance that runs, says what it is, and is gone when it is asked about again', async () => {
    expect(rig.backend.kind).toBe(kind);
    expect(await rig.backend.look(rig.running, request())).toEqual({ kind: 'state', state: 'running' });
    expect(await rig.backend.stop(rig.running, request())).toMatchObject({ kind: 'accepted' });
    expect(await rig.backend.look(rig.running, request())).toEqual({ kind: 'state', state: gone });
  });

  it('a second Stop is no error', async () => {
    await rig.backend.stop(rig.running, request());
    expect(['accepted', 'gone']).toContain((await rig.backend.stop(rig.running, request())).kind);
  });

  it('an instance that nobody has is conclusively gone', async () => {
    expect(await rig.backend.stop(rig.unknown, request())).toMatchObject({ kind: 'gone', httpStatus: 404 });
    expect(await rig.backend.look(rig.unknown, request())).toEqual({ kind: 'state', state: 'not_found' });
  });

  it.each([
    [400, 'rejected'],
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [405, 'rejected'],
    [408, 'transient'],
    [418, 'rejected'],
    [429, 'throttled'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
    [302, 'rejected'],
  ] as const)('%i is %s, with what was said', async (status, failure) => {
    rig.answer(status, 'not today');
    const answer = await rig.backend.stop(rig.running, request());
    expect(answer).toEqual({
      kind: 'failed',
      class: failure,
      httpStatus: status,
      message: expect.stringContaining('not today'),
      retryAfterMs: null,
    });
    expect(await rig.backend.look(rig.running, request())).not.toMatchObject({ kind: 'state' });
  });

  it.each([200, 404])('a page with the status %i proves nothing', async (status) => {
    rig.page(status);
    expect(await rig.backend.stop(rig.running, request())).toMatchObject({ kind: 'failed', class: 'rejected' });
    expect((await rig.backend.look(rig.running, request())).kind).not.toBe('state');
  });

  it('a 404 that says nothing of the instance proves nothing', async () => {
    rig.answer(404, 'page not found');
    expect(await rig.backend.stop(rig.running, request())).toMatchObject({ kind: 'failed', class: 'rejected' });
    expect((await rig.backend.look(rig.running, request())).kind).not.toBe('state');
  });

  it('a connection that is reset is unreachable', async () => {
    rig.reset();
    expect(await rig.backend.stop(rig.running, request())).toMatchObject({ kind: 'failed', class: 'unreachable' });
    expect(await rig.backend.look(rig.running, request())).toMatchObject({ kind: 'failed', class: 'unreachable' });
  });

  it('nobody who listens is unreachable, in words', async () => {
    await rig.away();
    const answer = await rig.backend.stop(rig.running, request());
    expect(answer).toMatchObject({ kind: 'failed', class: 'unreachable', httpStatus: null });
    expect(failureOf(answer).message).toMatch(/connection refused|no such socket/);
  });

  it('silence ends with the signal, as a timeout', async () => {
    rig.hang();
    expect(await rig.backend.stop(rig.running, request(AbortSignal.timeout(200)))).toMatchObject({ class: 'timeout' });
    expect(await rig.backend.look(rig.running, request(AbortSignal.timeout(200)))).toMatchObject({ class: 'timeout' });
  });

  it('a signal that has aborted already sends nothing', async () => {
    expect(await rig.backend.stop(rig.running, request(AbortSignal.abort()))).toMatchObject({ class: 'timeout' });
    expect(rig.stopsSent()).toBe(0);
    expect(await rig.backend.look(rig.running, request())).toEqual({ kind: 'state', state: 'running' });
  });

  it.each(['', '.', '..'])('an id that cannot be sent (%j) is rejected, and nothing is sent', async (instanceId) => {
    const target = { workspaceId: rig.running.workspaceId, instanceId };
    expect(await rig.backend.stop(target, request())).toMatchObject({ kind: 'failed', class: 'rejected' });
    expect(await rig.backend.look(target, request())).toMatchObject({ kind: 'failed', class: 'rejected' });
    expect(rig.stopsSent()).toBe(0);
  });

  it('keeps at most 512 bytes of what was said, in one line', async () => {
    rig.answer(500, `one\n\x1b[2Jtwo ${'ü'.repeat(10_000)}`);
    const { message } = failureOf(await rig.backend.stop(rig.running, request()));
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(512);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be in it
    expect(message).not.toMatch(/[\x00-\x1f]/);
    expect(message).toContain('two');
  });

  function failureOf(answer: StopAnswer): StopFailure {
    if (answer.kind !== 'failed') throw new Error(`it is ${answer.kind}`);
    return answer;
  }
});
