/** Requests that are too large, that are no JSON, or that are hardly HTTP at all. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BODY_BYTES_MAX } from '../../../../src/protocol/limits.ts';
import { type CallRequest, expectError, rawCall } from '../../../support/http-call.ts';
import { type Siege, startSiege } from '../../../support/siege.ts';

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
});
afterAll(() => siege.end());

const KEYED = { 'idempotency-key': 'k' };
const AS_JSON = { 'content-type': 'application/json' };
const POSTS = ['/v1/bets', '/v1/auth/verify'];

describe('a body', () => {
  const oneMegabyte = 'x'.repeat(1024 * 1024);
  it.each([
    ['of 1 MB', oneMegabyte],
    ['a byte too long', `"${'x'.repeat(BODY_BYTES_MAX - 1)}"`],
    ['of 1 MB of JSON', JSON.stringify({ message: oneMegabyte })],
    ['nested 200,000 deep', '['.repeat(200_000)],
    ['nested and closed 200,000 deep', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
  ])('%s is PAYLOAD_TOO_LARGE, at every address that reads one', async (_name, body) => {
    await siege.withoutEffect(async () => {
      for (const path of POSTS) {
        const headers = { ...siege.asPlayer, ...KEYED, ...AS_JSON };
        expectError(await siege.call(path, { body, headers }), 'PAYLOAD_TOO_LARGE');
      }
    });
  });

  it('of 1 MB without a length is PAYLOAD_TOO_LARGE, one of 16 MB is that or cut off', async () => {
    await siege.withoutEffect(async () => {
      const chunks = new ReadableStream({
        start: (controller) => {
          for (let i = 0; i < 16; i += 1) controller.enqueue(new Uint8Array(64 * 1024));
          controller.close();
        },
      });
      expectError(await siege.call('/v1/bets', { body: chunks, headers: KEYED }), 'PAYLOAD_TOO_LARGE');
      const huge = siege.call('/v1/bets', { body: new Uint8Array(16 * 1024 * 1024), headers: KEYED });
      const status = await huge.then(
        (answer) => answer.status,
        () => 'cut',
      );
      expect([413, 'cut']).toContain(status);
    });
  });

  const NO_JSON: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing', ''],
    ['a word', 'hello'],
    ['half an object', '{"message":'],
    ['a comma too many', '{"message":"m",}'],
    ['single quotes', "{'message':'m'}"],
    ['a comment', '{/* */}'],
    ['two objects', '{}{}'],
    ['a form', 'message=m&signature=0x'],
    ['an XML entity', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'],
    ['lists, 4,000 deep and open', '['.repeat(4_000)],
    ['lists, 4,000 deep and closed', '['.repeat(4_000) + ']'.repeat(4_000)],
    ['objects, 1,000 deep', `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d)],
    ['zeros', new Uint8Array(100)],
    ['UTF-16', Buffer.from('{"message":"m"}', 'utf16le')],
  ];
  it.each(NO_JSON)('with %s is MALFORMED', async (_name, body) => {
    await siege.withoutEffect(async () => {
      for (const path of POSTS) {
        const headers = { ...siege.asPlayer, ...KEYED, ...AS_JSON };
        expectError(await siege.call(path, { method: 'POST', body, headers }), 'MALFORMED');
      }
    });
  });

  it.each([
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    ['application/jsonp'],
    ['text/json'],
    ['application/json, text/html'],
    [''],
  ])('of the type "%s" is MALFORMED', async (type) => {
    await siege.withoutEffect(async () => {
      const headers = { ...siege.asPlayer, ...KEYED, 'content-type': type };
      for (const path of POSTS)
        expectError(await siege.call(path, { body: '{}', headers }), 'MALFORMED', { field: 'Content-Type' });
    });
  });
});

describe('what is hardly HTTP', () => {
  const crlf = '\r\n';
  it.each([
    ['empty lines', crlf.repeat(2)],
    ['no version', `GET /v1/time${crlf.repeat(2)}`],
    ['a version of long ago', `GET /v1/time HTTP/0.9${crlf.repeat(2)}`],
    ['no host', `GET /v1/time HTTP/1.1${crlf.repeat(2)}`],
    ['a long address', `GET /${'x'.repeat(20_000)} HTTP/1.1${crlf}Host: x${crlf.repeat(2)}`],
    ['a long header', `GET /v1/time HTTP/1.1${crlf}Host: x${crlf}X: ${'x'.repeat(20_000)}${crlf.repeat(2)}`],
    ['many headers', `GET /v1/time HTTP/1.1${crlf}Host: x${crlf}${`a: b${crlf}`.repeat(300)}${crlf}`],
    ['a header over two lines', `GET /v1/time HTTP/1.1${crlf}Host: x${crlf}A: b${crlf} c${crlf.repeat(2)}`],
    ['a zero in a header', `GET /v1/time HTTP/1.1${crlf}Host: x${crlf}A: b\u0000c${crlf.repeat(2)}`],
    [
      'a length that is none',
      `POST /v1/bets HTTP/1.1${crlf}Host: x${crlf}Content-Length: -1${crlf.repeat(2)}`,
    ],
    ['a length of words', `POST /v1/bets HTTP/1.1${crlf}Host: x${crlf}Content-Length: ten${crlf.repeat(2)}`],
    [
      'a chunk of no size',
      `POST /v1/bets HTTP/1.1${crlf}Host: x${crlf}Transfer-Encoding: chunked${crlf.repeat(2)}zz${crlf}`,
    ],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'.repeat(20)],
    ['noise', Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7919) % 256)).toString('latin1')],
  ])('%s is refused or cut', async (_name, bytes) => {
    await siege.withoutEffect(async () => {
      // Some of it could still become a request: without an end, the server waits for the rest.
      const answer = await rawCall(siege.system.url, Buffer.from(bytes, 'latin1'), true);
      if (answer) expect(answer.status).toBeGreaterThanOrEqual(400);
    });
  });

  it('two lengths, or a length and chunks, smuggle no second request in', async () => {
    const inner = `GET /v1/time HTTP/1.1${crlf}Host: x${crlf.repeat(2)}`;
    const heads = [
      ['Content-Length: 0', `Content-Length: ${inner.length}`],
      [`Content-Length: ${inner.length}`, 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 0'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
    ];
    await siege.withoutEffect(async () => {
      for (const head of heads) {
        const bytes = ['POST /v1/bets HTTP/1.1', 'Host: x', ...head, '', inner].join(crlf);
        const answer = await rawCall(siege.system.url, bytes);
        if (answer) expect(answer.status, head.join()).toBe(400);
      }
    });
  });

  it('a page of another origin gets no leave to read', async () => {
    await siege.withoutEffect(async () => {
      const origin = 'http://evil.example';
      const requests: CallRequest[] = [
        { headers: { origin } },
        { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } },
      ];
      for (const request of requests) {
        const { headers } = await siege.call('/v1/account', request);
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    });
  });
});
