import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StopAnswer } from '../../server/backends/backend.ts';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { answerBytes, type RawServer, startRawServer } from '../support/raw-server.ts';

let server: RawServer;
/** What is answered, in turn; the last one for ever. */
let answers: string[];

beforeEach(async () => {
  server = await startRawServer((socket, nth) => socket.write(answers[Math.min(nth, answers.length) - 1] ?? ''));
});
afterEach(() => server.close());

async function stopAnswered(...bytes: string[]): Promise<StopAnswer> {
  answers = bytes;
  const backend = createControlPlane({ url: server.url, sharedSecret: null, adminToken: null, version: '1' });
  const request = { requestId: 'r', signal: AbortSignal.timeout(30_000) };
  return backend.stop({ workspaceId: 'w', instanceId: 'i' }, request);
}

describe('every status has its meaning', () => {
  const NAMED = new Map([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [408, 'transient'],
    [409, 'in_progress'],
    [429, 'throttled'],
  ]);

  it('any 2xx is accepted, with a body or without', async () => {
    const seen = [];
    for (let status = 200; status <= 299; status += 1) {
      const body = status === 204 || status === 205 ? '' : '{"ok":true}';
      seen.push(await stopAnswered(answerBytes(status, body)));
    }
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => ({ kind: 'accepted', httpStatus: 200 + index })));
    expect(await stopAnswered(answerBytes(200))).toEqual({ kind: 'accepted', httpStatus: 200 });
    expect(server.requests).toHaveLength(101);
  });

  it('every 3xx, 4xx and 5xx has its class, and is sent once', async () => {
    const seen = new Map<number, string>();
    let calls = 0;
    for (let status = 300; status <= 599; status += 1) {
      if (status === 404 || status === 410) continue;
      const answer = await stopAnswered(answerBytes(status, status === 304 ? '' : 'no'));
      calls += 1;
      expect(server.requests, `calls until ${status}`).toHaveLength(calls);
      expect(answer).toMatchObject({ kind: 'failed', httpStatus: status, retryAfterMs: null });
      if (answer.kind === 'failed') seen.set(status, answer.class);
    }
    expect(seen.size).toBe(298);
    for (const [status, failure] of seen) {
      expect(failure, `class of ${status}`).toBe(NAMED.get(status) ?? (status >= 500 ? 'transient' : 'rejected'));
    }
  });

  it('a status that HTTP does not know is rejected', async () => {
    expect(await stopAnswered(answerBytes(999, 'odd'))).toMatchObject({ kind: 'failed', class: 'rejected' });
  });

  it('410 is conclusive: gone', async () => {
    expect(await stopAnswered(answerBytes(410, 'long gone'))).toEqual({
      kind: 'gone',
      httpStatus: 410,
      message: 'answered 410: long gone',
    });
    expect(server.requests).toHaveLength(1);
  });

  it('early hints before the answer are not the answer', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n';
    expect(await stopAnswered(hints + answerBytes(500))).toMatchObject({ kind: 'failed', class: 'transient' });
  });
});

describe('a 404 is not proof', () => {
  it.each(['terminated', 'not_found'])('is confirmed by the state "%s"', async (state) => {
    const json = { 'content-type': 'application/json' };
    expect(await stopAnswered(answerBytes(404), answerBytes(200, JSON.stringify({ state, more: 1 }), json))).toEqual({
      kind: 'gone',
      httpStatus: 404,
      message: `answered 404, and its status is "${state}"`,
    });
  });

  const html = { 'content-type': 'text/html' };
  it.each([
    ['the state "running"', answerBytes(200, '{"state":"running"}'), 'its state is "running"'],
    ['the state "stopped"', answerBytes(200, '{"state":"stopped"}'), 'its state is "stopped"'],
    ['a word nobody knows', answerBytes(200, '{"state":"vaporised"}'), 'its state is "vaporised"'],
    ['another spelling', answerBytes(200, '{"state":"Terminated"}'), 'its state is "Terminated"'],
    ['a state with a space', answerBytes(200, '{"state":"terminated "}'), 'its state is "terminated "'],
    ['a state that is no word', answerBytes(200, '{"state":["terminated"]}'), 'answered 200, but no state in it'],
    ['no state', answerBytes(200, '{"status":"terminated"}'), 'answered 200, but no state in it'],
    ['a list', answerBytes(200, '[{"state":"terminated"}]'), 'answered 200, but no state in it'],
    ['null', answerBytes(200, 'null'), 'answered 200, but no state in it: null'],
    ['a bare word', answerBytes(200, '"terminated"'), 'answered 200, but no state in it: "terminated"'],
    ['no JSON', answerBytes(200, 'terminated'), 'answered 200, but no state in it: terminated'],
    ['nothing', answerBytes(200), 'answered 200, but no state in it'],
    ['204', answerBytes(204), 'answered 204, but no state in it'],
    ['HTML', answerBytes(200, '<html>', html), 'answered 200, but a page'],
    ['JSON that says it is HTML', answerBytes(200, '{"state":"terminated"}', html), 'answered 200, but a page'],
    ['404 again', answerBytes(404, 'what?'), 'answered 404: what?'],
    ['410', answerBytes(410, '{"state":"terminated"}'), 'answered 410'],
    ['500', answerBytes(500, '{"state":"terminated"}'), 'answered 500'],
    ['401', answerBytes(401), 'answered 401'],
    ['a redirect', answerBytes(302, '', { location: '/elsewhere' }), 'answered 302 with a redirect to /elsewhere'],
    ['more than 64 kB', answerBytes(200, `{"state":"terminated"}${' '.repeat(70_000)}`), 'no state in it'],
  ])('is rejected when the status is %s', async (_what, second, came) => {
    const answer = await stopAnswered(answerBytes(404, 'page missing'), second);
    expect(answer).toMatchObject({ kind: 'failed', class: 'rejected', httpStatus: 404, retryAfterMs: null });
    const message = answer.kind === 'failed' ? answer.message : '';
    expect(message).toContain('answered 404, which alone proves nothing; asked for its status: ');
    expect(message).toContain(came);
    expect(server.requests.map((request) => request.split(' ', 1)[0])).toEqual(['DELETE', 'GET']);
  });
});

describe('nor is every 200', () => {
  it.each([
    ['text/html', '{}'],
    ['TEXT/HTML; charset=utf-8', '{}'],
    ['text/html', ''],
    ['application/xhtml+xml', '{}'],
    ['application/json', '<html>'],
    ['application/json', ' \r\n\t<!doctype html>'],
    ['text/plain', '\ufeff<html>'],
    ['text/plain', '\ufeff \n<?xml version="1.0"?>'],
  ])('a 2xx of type %s that begins %j is rejected', async (type, body) => {
    for (const status of [200, 202]) {
      expect(await stopAnswered(answerBytes(status, body, { 'content-type': type }))).toMatchObject({
        kind: 'failed',
        class: 'rejected',
        httpStatus: status,
        message: expect.stringMatching(/^answered 20[02], but a page, not an answer of a control plane/),
      });
    }
  });

  it('a page in UTF-16 is a page', async () => {
    const page = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<html>', 'utf16le')]);
    const head = Buffer.from(`HTTP/1.1 200 Said\r\ncontent-length: ${page.length}\r\n\r\n`);
    await server.close();
    server = await startRawServer((socket) => socket.write(Buffer.concat([head, page])));
    expect(await stopAnswered()).toMatchObject({ kind: 'failed', class: 'rejected' });
  });

  it.each([
    ['application/json', '{"a":"<b>"}'],
    ['text/plain', 'ok <3'],
    ['text/html-template', 'ok'],
    ['application/json', ''],
  ])('a 2xx of type %s that begins %j is accepted', async (type, body) => {
    expect(await stopAnswered(answerBytes(200, body, { 'content-type': type }))).toEqual({
      kind: 'accepted',
      httpStatus: 200,
    });
  });
});

describe('Retry-After', () => {
  const inTwoMinutes = () => new Date(Date.now() + 120_000);
  const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

  it.each([429, 503])('in seconds makes %i throttled for so long', async (status) => {
    const answer = await stopAnswered(answerBytes(status, '', { 'retry-after': '7' }));
    expect(answer).toMatchObject({ kind: 'failed', class: 'throttled', httpStatus: status, retryAfterMs: 7_000 });
  });

  it('may be a date, in each of its three forms, wherever this runs', async () => {
    vi.stubEnv('TZ', 'Asia/Tokyo');
    const date = inTwoMinutes();
    const [day, number, month, year, time] = date.toUTCString().replace(',', '').split(' ');
    const forms = [
      date.toUTCString(),
      `${names[date.getUTCDay()]}, ${number}-${month}-${year?.slice(2)} ${time} GMT`,
      `${day} ${month} ${number?.replace(/^0/, ' ')} ${time} ${year}`,
    ];
    for (const form of forms) {
      const answer = await stopAnswered(answerBytes(503, '', { 'retry-after': form }));
      const left = answer.kind === 'failed' ? (answer.retryAfterMs ?? 0) : 0;
      expect(answer, form).toMatchObject({ class: 'throttled' });
      // The header has whole seconds, and a slow machine takes its time.
      expect(left, form).toBeGreaterThan(60_000);
      expect(left, form).toBeLessThanOrEqual(120_000);
    }
    vi.unstubAllEnvs();
  });

  it('in the past is no time at all, and of absurd length is a day', async () => {
    for (const [header, ms] of [
      ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
      ['0', 0],
      ['9'.repeat(40), 86_400_000],
      ['Fri, 31 Dec 9999 23:59:59 GMT', 86_400_000],
    ] as const) {
      const answer = await stopAnswered(answerBytes(429, '', { 'retry-after': header }));
      expect(answer, header).toMatchObject({ class: 'throttled', retryAfterMs: ms });
    }
  });

  it.each(['soon', '-1', '1.5', '', 'Mon', 'Mon, the first', '2030-01-01T00:00:00Z', '5 minutes'])(
    'that means nothing (%j) still makes a 503 throttled',
    async (header) => {
      const answer = await stopAnswered(answerBytes(503, '', { 'retry-after': header }));
      expect(answer).toMatchObject({ class: 'throttled', retryAfterMs: null });
    },
  );

  it('says nothing on any other status', async () => {
    for (const [status, failure] of [
      [500, 'transient'],
      [502, 'transient'],
      [301, 'rejected'],
    ] as const) {
      const answer = await stopAnswered(answerBytes(status, '', { 'retry-after': '7' }));
      expect(answer).toMatchObject({ class: failure, retryAfterMs: null });
    }
  });
});
