import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createControlPlane } from '../../server/backends/control-plane.ts';
import { createMessageWriter } from '../../server/backends/message.ts';
import { answerBytes, startRawServer } from '../support/raw-server.ts';

/** Every character here is spelled differently by some encoding. */
const SECRET = `s3cr+t/"<&'%\\ >tail=9`;
const write = createMessageWriter([SECRET, 'adm1n-token']);
const base64 = (text: string) => Buffer.from(text).toString('base64');

const percent = (text: string) => Array.from(text, (c) => `%${c.charCodeAt(0).toString(16)}`).join('');
const FORMS: [string, string][] = [
  ['as it is', SECRET],
  ['in capitals', SECRET.toUpperCase()],
  ['percent-encoded', encodeURIComponent(SECRET)],
  ['percent-encoded as a form', new URLSearchParams({ a: SECRET }).toString().slice(2)],
  ['percent-encoded throughout', percent(SECRET)],
  ['percent-encoded twice', encodeURIComponent(encodeURIComponent(SECRET))],
  ['JSON-escaped', JSON.stringify(SECRET).slice(1, -1)],
  ['JSON-escaped twice', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
  ['JSON-escaped as \\u', Array.from(SECRET, (c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')],
  ['JSON-escaped with a slash', JSON.stringify(SECRET).slice(1, -1).replace('/', '\\/')],
  ['HTML-escaped', SECRET.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)],
  ['HTML-escaped with names', SECRET.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
  ['base64', base64(SECRET)],
  ['base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ['base64, percent-encoded', encodeURIComponent(base64(SECRET))],
  ['base64 behind one byte', base64(`x${SECRET}`)],
  ['base64 behind "Bearer "', base64(`Bearer ${SECRET}`)],
  ['base64 behind a user name', base64(`anna:${SECRET}\n`)],
  ['base64, wrapped', base64(`Bearer ${SECRET}`).replace(/(.{12})/g, '$1\r\n')],
  ['in UTF-16', Buffer.from(SECRET, 'utf16le').toString('latin1')],
];

describe('a credential is in no message', () => {
  it.each(FORMS)('when it is echoed %s', (_form, echoed) => {
    expect(write(`token ${echoed}, sorry`)).toMatch(/^token (QmVhcmVy|YW5uY)?\[redacted\], sorry$/);
  });

  it('whichever of the two it is, however often', () => {
    expect(write(`adm1n-token ${SECRET} adm1n-token`)).toBe('[redacted] [redacted] [redacted]');
  });

  it('when one is part of the other', () => {
    expect(createMessageWriter(['abc', 'abcdef'])('>abcdef<')).toBe('>[redacted]<');
  });

  it('when it lies where the message is cut', () => {
    for (let before = 480; before <= 520; before += 1) {
      const message = write('.'.repeat(before) + SECRET);
      expect(message).not.toContain('s3cr');
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(512);
    }
  });

  it('when a text is so long that only its beginning is looked at', () => {
    const long = 'x'.repeat(200);
    const writer = createMessageWriter([long]);
    for (let before = 0; before < 220; before += 1) {
      // So much is masked that the end of what is looked at comes within the 512 bytes.
      expect(writer('.'.repeat(before) + `${long} `.repeat(100))).not.toMatch(/x/);
    }
  });

  it('when it lies where the reading of an answer was cut', () => {
    for (const [, echoed] of FORMS) {
      for (let length = 1; length < echoed.length; length += 1) {
        expect(write(`short ${'.'.repeat(200)}${echoed.slice(0, length)}`, true)).toMatch(/^short \.*$/);
      }
    }
  });

  it('whatever it is made of, and whatever stands around it', () => {
    const printable = fc.string({ unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)) });
    const secrets = printable.filter((text) => text.length >= 8 && !'[redacted]'.includes(text));
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const writer = createMessageWriter([secret]);
        for (const echoed of [secret, encodeURIComponent(secret), JSON.stringify(secret), percent(secret)]) {
          expect(writer(`${before} ${echoed} ${after}`)).not.toContain(secret);
          expect(writer(` ${echoed} `)).toMatch(/^"?\[redacted\]"?$/);
        }
        for (const echoed of [base64(secret), base64(`a${secret}`), base64(`aa${secret}`)]) {
          expect(writer(echoed)).toMatch(/^\S{0,2}\[redacted\]\S{0,2}$/);
        }
      }),
    );
  });

  it('when the control plane echoes its request in an answer, a header or a reason', async () => {
    const server = await startRawServer((socket, nth) => {
      const echo = server.requests[nth - 1] ?? '';
      const headers = { location: `/login?token=${encodeURIComponent('top-s3cret/token')}` };
      socket.write(answerBytes(nth === 1 ? 404 : 302, echo, headers).replace('Said', 'top-s3cret/token'));
    });
    const options = { url: server.url, sharedSecret: 'top-s3cret/token', adminToken: 'adm1n-token', version: '1' };
    const answer = await createControlPlane(options).stop(
      { workspaceId: 'w', instanceId: 'i' },
      { requestId: 'r', signal: AbortSignal.timeout(30_000) },
    );
    await server.close();
    const text = JSON.stringify(answer);
    expect(text).toContain('Authorization: Bearer [redacted]');
    expect(text).toContain('/login?token=[redacted]');
    expect(text).not.toMatch(/s3cret|adm1n/);
  });
});

describe('a message', () => {
  it('is one line that a screen and a database can hold', () => {
    expect(createMessageWriter([])('a\r\n\tb\u001b[31mc\u0000d\u202ee\u2028f\ud800g\u0085h')).toBe(
      'a b\ufffd[31mcd\ufffde f\ufffdg\ufffdh',
    );
  });

  it('is cut to 512 bytes between two characters', () => {
    for (const text of ['a', 'é', '日', '😀']) {
      for (let shift = 0; shift < 4; shift += 1) {
        const message = createMessageWriter([])('.'.repeat(shift) + text.repeat(600));
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(512);
        expect(Buffer.byteLength(message)).toBeGreaterThan(505);
        expect(message).toMatch(new RegExp(`^\\.*(${text})+…$`, 'u'));
      }
    }
  });

  it('of exactly 512 bytes is left alone', () => {
    expect(createMessageWriter([])('é'.repeat(256))).toBe('é'.repeat(256));
  });

  it('takes no time to write, whatever the other side repeats', () => {
    const secret = `${'a'.repeat(200)}b`;
    const writer = createMessageWriter([secret]);
    const before = performance.now();
    for (const piece of ['a', '\\', '%25', base64('a'.repeat(3)), ' ', '&amp;'])
      writer(piece.repeat(65_536 / piece.length));
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});
