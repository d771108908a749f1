import { beforeEach, describe, expect, it } from 'vitest';
import { UpgradeRefused } from '../../../src/actors/broadcaster/memory-server.ts';
import { CLOSE_CODES } from '../../../src/protocol/api/frames.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { FRAME_BYTES_MAX } from '../../../src/protocol/limits.ts';
import { type BroadcasterFixture, json, startBroadcaster } from '../../support/broadcaster-fixture.ts';

let broadcaster: BroadcasterFixture;

beforeEach(async () => {
  broadcaster = await startBroadcaster();
});

describe('hostile frames', () => {
  it.each([
    ['no JSON', 'hello', ''],
    ['no object', '7', ''],
    ['no op', '{}', 'op'],
    ['an unknown op', '{"op":"drop","id":"x"}', 'op'],
    ['an unknown field', '{"op":"ping","admin":true,"id":"x"}', 'admin'],
    ['an unknown channel', '{"op":"subscribe","channels":["house"],"id":"x"}', 'channels.0'],
    [
      'too many channels',
      `{"op":"subscribe","channels":${JSON.stringify(Array(9).fill('price'))},"id":"x"}`,
      'channels',
    ],
    ['a __proto__ key', '{"op":"ping","__proto__":{"op":"auth"},"id":"x"}', '__proto__'],
    ['deep nesting', '['.repeat(2_000) + ']'.repeat(2_000), ''],
    ['a binary frame', Uint8Array.of(0x7b, 0x7d), ''],
  ])('%s is MALFORMED', async (_name, frame, field) => {
    const client = broadcaster.connect();
    client.socket.sendToServer(frame);
    const [answer, ...rest] = client.take();
    expect(answer).toMatchObject({ ack: 'error', error: { code: 'MALFORMED', details: { field } } });
    if (typeof frame === 'string' && frame.includes('"id"')) expect(answer).toMatchObject({ id: 'x' });
    expect(rest).toEqual([]);
    expect(client.socket.closeCode).toBeUndefined();
  });

  it.each([
    ['nothing', []],
    ['half a map', [0x82, 0xa2, 0x6f]],
    ['a reserved byte', [0xc1]],
    ['a claim of 4 G entries', [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]],
    ['deep nesting', Array(4_000).fill(0x91)],
    ['two values', [0xc0, 0xc0]],
    ['a text frame', 'text'],
  ])('msgpack: %s is MALFORMED', async (_name, frame) => {
    const client = broadcaster.connect({ subprotocol: 'msgpack' });
    client.socket.sendToServer(typeof frame === 'string' ? frame : Uint8Array.from(frame));
    expect(client.take()).toMatchObject([{ ack: 'error', error: { code: 'MALFORMED' } }]);
  });

  it('close the connection after a few in a row', async () => {
    const client = broadcaster.connect();
    for (const frame of ['{', '{', '{', '{', '{"op":"ping"}', '{', '{', '{', '{'])
      client.socket.sendToServer(frame);
    expect(client.socket.closeCode).toBeUndefined();
    client.socket.sendToServer('{');
    expect(client.socket.closeCode).toBe(CLOSE_CODES.MALFORMED);
  });

  it('close it when there are far too many', async () => {
    const client = broadcaster.connect();
    for (let count = 0; count < 200; count += 1) client.socket.sendToServer('{"op":"ping"}');
    expect(client.socket.closeCode).toBe(CLOSE_CODES.MALFORMED);
    expect(client.take().filter(({ ack }) => ack === 'ping')).toHaveLength(100);
  });

  it('may be large up to the limit only', async () => {
    const client = broadcaster.connect();
    client.socket.sendToServer(encode({ op: 'x'.repeat(FRAME_BYTES_MAX) }));
    expect(client.socket.closeCode).toBe(1009);
  });
});

describe('connecting', () => {
  it('is for pages of our origins and for programs', async () => {
    expect(broadcaster.connect({ origin: 'http://127.0.0.1:8080' }).socket.closeCode).toBeUndefined();
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:8080.evil.example',
      'https://127.0.0.1:8080',
    ]) {
      const refusal = upgradeRefusal(() => broadcaster.connect({ origin }));
      expect([refusal.response.status, json(refusal.response)]).toMatchObject([
        403,
        { error: { code: 'ORIGIN_REFUSED' } },
      ]);
    }
  });

  it('is refused when there are too many', async () => {
    broadcaster = await startBroadcaster({ connectionsMax: 2 });
    const [first] = [broadcaster.connect(), broadcaster.connect()];
    const refusal = upgradeRefusal(() => broadcaster.connect());
    expect([refusal.response.status, refusal.response.headers['Retry-After']]).toEqual([503, '1']);
    expect(json(refusal.response)).toMatchObject({ error: { code: 'TOO_MANY_CONNECTIONS' } });
    first?.socket.end();
    expect(broadcaster.connect().socket.closeCode).toBeUndefined();
  });

  it('negotiates only what it knows', () => {
    expect(broadcaster.connect({ subprotocol: 'msgpack' }).socket.protocol).toBe('msgpack');
    expect(broadcaster.connect({ subprotocol: 'soap' }).socket.protocol).toBeUndefined();
  });
});

function upgradeRefusal(connect: () => unknown): UpgradeRefused {
  try {
    connect();
  } catch (error) {
    if (error instanceof UpgradeRefused) return error;
    throw error;
  }
  throw new Error('the handshake was accepted');
}
