/** Frames, floods and handshakes that must be refused, or end their own connection and nothing else. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../../src/protocol/api/frames.ts';
import { encode } from '../../../../src/protocol/codec.ts';
import { FRAME_BYTES_MAX } from '../../../../src/protocol/limits.ts';
import { expectError, rawCall } from '../../../support/http-call.ts';
import { type Siege, startSiege } from '../../../support/siege.ts';
import type { WsClient } from '../../../support/ws-client.ts';

let siege: Siege;
beforeAll(async () => {
  siege = await startSiege();
});
afterAll(() => siege.end());

const isMalformed = { ack: 'error', error: { code: 'MALFORMED', retryable: false } };
/** How a connection ends that breaks the protocol of WebSocket itself. */
const CUT_CODES = [1002, 1006, 1007, 1009];

async function expectUsable(client: WsClient): Promise<void> {
  expect(await client.ask({ op: 'ping', id: 'still there' })).toMatchObject({ ack: 'ping' });
  client.socket.terminate();
}

const manyChannels = JSON.stringify(Array(9).fill('price'));
const TEXTS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['no JSON', 'hello'],
  ['half a JSON', '{"op":"ping"'],
  ['two JSONs', '{"op":"ping"}{"op":"ping"}'],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[{"op":"ping"}]'],
  ['no op', '{"id":1}'],
  ['an unknown op', '{"op":"drop","id":1}'],
  ['an op of another case', '{"op":"PING","id":1}'],
  ['an op that every object has', '{"op":"constructor"}'],
  ['an unknown field', '{"op":"ping","admin":true}'],
  ['a __proto__', '{"op":"ping","__proto__":{"op":"auth"}}'],
  ['an id that is an object', '{"op":"ping","id":{}}'],
  ['an id of 65 characters', `{"op":"ping","id":"${'x'.repeat(65)}"}`],
  ['a negative id', '{"op":"ping","id":-1}'],
  ['no channels', '{"op":"subscribe","channels":[]}'],
  ['an unknown channel', '{"op":"subscribe","channels":["house"]}'],
  ['a channel like a key', '{"op":"subscribe","channels":["session:*"]}'],
  ['too many channels', `{"op":"subscribe","channels":${manyChannels}}`],
  ['a token that is a number', '{"op":"auth","token":1}'],
  ['a token that is an object', '{"op":"auth","token":{"$ne":""}}'],
  ['a place without a key', '{"op":"place","bet":{}}'],
  ['a place with a key like a statement', '{"op":"place","idempotencyKey":"\' OR 1=1","bet":{}}'],
  ['a place without a bet', '{"op":"place","idempotencyKey":"k"}'],
  ['a place with a list for a bet', '{"op":"place","idempotencyKey":"k","bet":[]}'],
  ['a place for another wallet', '{"op":"place","idempotencyKey":"k","bet":{},"wallet":"0x0"}'],
  ['deep nesting', '['.repeat(2_000) + ']'.repeat(2_000)],
  [
    'deep nesting in a bet',
    `{"op":"place","idempotencyKey":"k","bet":${'{"a":'.repeat(600)}1${'}'.repeat(600)}}`,
  ],
];

const BYTES: readonly (readonly [string, Uint8Array | readonly number[]])[] = [
  ['nothing', []],
  ['half a map', [0x82, 0xa2, 0x6f]],
  ['a frame without its last byte', encode({ op: 'ping', id: 1 }).slice(0, -1)],
  ['a frame and a byte more', [...encode({ op: 'ping', id: 1 }), 0xc0]],
  ['a string longer than it is', [0x81, 0xa2, 0x6f, 0x70, 0xdb, 0xff, 0xff, 0xff, 0xff, 0x70]],
  ['a claim of 4 G entries', [0xdf, 0xff, 0xff, 0xff, 0xff]],
  ['a claim of 4 G items', [0xdd, 0xff, 0xff, 0xff, 0xff]],
  ['bytes of 4 GB', [0xc6, 0xff, 0xff, 0xff, 0xff]],
  ['an extension', [0xc7, 0x01, 0x05, 0x00]],
  ['a record definition', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61]],
  ['a date', [0xd6, 0xff, 0, 0, 0, 0]],
  ['a reserved byte', [0xc1]],
  ['lists in lists', Array(4_000).fill(0x91)],
  ['maps in maps', Array(1_300).fill([0x81, 0xa1, 0x61]).flat()],
  ['lists of many lists', Array(4_000).fill(0xdc)],
  ['a number', [0x07]],
  ['a list', encode(['ping'])],
  ['a map with a number for a key', [0x81, 0x01, 0x02]],
  ['a map with a map for a key', [0x81, 0x80, 0x02]],
  ['an unknown op', encode({ op: 'drop' })],
  ['text that is no UTF-8', [0x81, 0xa2, 0x6f, 0x70, 0xa2, 0xc3, 0x28]],
  ['a __proto__', [0x82, 0xa2, 0x6f, 0x70, 0xa4, 0x70, 0x69, 0x6e, 0x67, 0xa9, ...text('__proto__'), 0x80]],
];

function text(ascii: string): number[] {
  return [...Buffer.from(ascii, 'latin1')];
}

describe('a frame', () => {
  it.each(TEXTS)('of JSON with %s is MALFORMED', async (_name, frame) => {
    await siege.withoutEffect(async () => {
      const client = await siege.socket();
      client.sendRaw(frame);
      expect(await client.frame(() => true)).toMatchObject(isMalformed);
      await expectUsable(client);
    });
  });

  it.each(BYTES)('of msgpack with %s is MALFORMED', async (_name, frame) => {
    await siege.withoutEffect(async () => {
      const client = await siege.socket({ subprotocol: 'msgpack' });
      client.sendRaw(Uint8Array.from(frame));
      expect(await client.frame(() => true)).toMatchObject(isMalformed);
      await expectUsable(client);
    });
  });

  it('of the other kind than agreed is MALFORMED', async () => {
    await siege.withoutEffect(async () => {
      const packed = await siege.socket({ subprotocol: 'msgpack' });
      packed.sendRaw('{"op":"ping","id":1}');
      expect(await packed.frame(() => true)).toMatchObject(isMalformed);
      await expectUsable(packed);
      const plain = await siege.socket();
      plain.sendRaw(Buffer.from('{"op":"ping","id":1}'));
      expect(await plain.frame(() => true)).toMatchObject(isMalformed);
      await expectUsable(plain);
    });
  });

  it.each([
    ['a byte too long', 'x'.repeat(FRAME_BYTES_MAX + 1)],
    ['of 1 MB', 'x'.repeat(1024 * 1024)],
    ['of 1 MB of msgpack', new Uint8Array(1024 * 1024).fill(0x91)],
  ])('%s ends its connection', async (_name, frame) => {
    await siege.withoutEffect(async () => {
      const client = await siege.socket();
      client.sendRaw(frame);
      expect(CUT_CODES).toContain(await client.closed);
    });
  });
});

describe('a flood', () => {
  const FLOOD = 1_000;

  it.each([
    ['of pings', () => ({ op: 'ping', id: 1 })],
    ['of wrong tokens', () => ({ op: 'auth', token: `${siege.player.address}.${'A'.repeat(43)}`, id: 1 })],
    ['of bets by nobody', () => ({ op: 'place', idempotencyKey: 'k', bet: {}, id: 1 })],
    ['of subscriptions', () => ({ op: 'subscribe', channels: ['price', 'grid', 'bets', 'account'] })],
  ])('%s ends its connection', async (_name, frame) => {
    await siege.withoutEffect(async () => {
      const client = await siege.socket({ subprotocol: 'msgpack' });
      const bytes = encode(frame());
      for (let i = 0; i < FLOOD; i += 1) client.sendRaw(bytes);
      expect(await client.closed).toBe(CLOSE_CODES.MALFORMED);
      const answers = client.frames.filter(({ push }) => push === undefined);
      expect(answers.length).toBeLessThan(FLOOD);
      expect(answers.at(-1)).toMatchObject({ ack: 'error', error: { code: 'RATE_LIMITED' } });
    });
  });

  it('of malformed frames is cut after five', async () => {
    await siege.withoutEffect(async () => {
      const client = await siege.socket();
      for (let i = 0; i < FLOOD; i += 1) client.sendRaw('{');
      expect(await client.closed).toBe(CLOSE_CODES.MALFORMED);
      expect(client.frames).toHaveLength(5);
    });
  });

  it('from fifty connections at once leaves a bystander untouched', async () => {
    const bystander = await siege.socket();
    await bystander.ask({ op: 'subscribe', channels: ['price'], id: 1 });
    await siege.withoutEffect(async () => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => siege.socket()));
      for (let i = 0; i < 200; i += 1) for (const client of clients) client.sendRaw('{"op":"ping"}');
      for (const client of clients) expect(await client.closed).toBe(CLOSE_CODES.MALFORMED);
    });
    const { seq } = await siege.player.client.price();
    await bystander.frame((frame) => frame['push'] === 'price' && Number(frame['seq']) > seq);
    const counted = bystander.frames.filter(({ push }) => push !== undefined).map(({ n }) => n);
    expect(counted).toEqual(counted.map((_, i) => i + 1));
    await expectUsable(bystander);
  });
});

const HANDSHAKE_KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const handshake = (headers: readonly string[], method = 'GET'): string =>
  [`${method} /v1/ws HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const UPGRADE = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
const WITH_KEY = [...UPGRADE, `Sec-WebSocket-Key: ${HANDSHAKE_KEY}`];

describe('a handshake', () => {
  const port = (): string => new URL(siege.system.url).port;
  it.each([
    ['http://evil.example', () => 'http://evil.example'],
    ['null', () => 'null'],
    ['another port of this host', () => 'http://127.0.0.1:1'],
    ['another scheme', () => `https://127.0.0.1:${port()}`],
    ['a longer host', () => `http://127.0.0.1:${port()}.evil.example`],
    ['a user of another host', () => `http://127.0.0.1:${port()}@evil.example`],
    ['a path', () => `http://127.0.0.1:${port()}/`],
    ['upper case', () => `HTTP://127.0.0.1:${port()}`],
    ['two at once', () => `http://127.0.0.1:${port()}, http://evil.example`],
  ])('from the origin %s is refused', async (_name, origin) => {
    await siege.withoutEffect(async () => {
      const answer = await rawCall(siege.system.url, handshake([...WITH_KEY, `Origin: ${origin()}`]));
      expectError(answer ?? expect.fail('cut'), 'ORIGIN_REFUSED');
    });
  });

  it.each([
    ['without a key', handshake(UPGRADE), 'MALFORMED'],
    ['with a short key', handshake([...UPGRADE, 'Sec-WebSocket-Key: a']), 'MALFORMED'],
    ['by POST', handshake([...WITH_KEY, 'Content-Length: 0'], 'POST'), 'METHOD_NOT_ALLOWED'],
    ['at another address', handshake(WITH_KEY).replace('/v1/ws', '/v1/wsx'), 'NOT_FOUND'],
  ] as const)('%s opens nothing', async (_name, bytes, code) => {
    await siege.withoutEffect(async () =>
      expectError((await rawCall(siege.system.url, bytes)) ?? expect.fail('cut'), code),
    );
  });

  it('left in the middle, two hundred times, is forgotten', async () => {
    const whole = handshake(WITH_KEY);
    await siege.withoutEffect(async () => {
      for (let i = 0; i < 200; i += 1) {
        const socket = await tcp();
        socket.write(whole.slice(0, 1 + (i % whole.length)));
        if (i % 2 === 0) socket.destroy();
        else socket.resetAndDestroy();
      }
    });
  });
});

describe('bytes after the handshake', () => {
  const masked = (first: number, payload: readonly number[]): number[] => [
    first,
    0x80 | payload.length,
    0,
    0,
    0,
    0,
    ...payload,
  ];
  it.each([
    ['a reserved opcode', masked(0x83, [0x7b])],
    ['reserved bits', masked(0xf1, [0x7b])],
    ['a continuation of nothing', masked(0x80, [0x7b])],
    ['a fragmented ping', masked(0x09, [0x7b])],
    ['a length of 2^63', [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['text that is no UTF-8', masked(0x81, [0xc3, 0x28])],
    ['a close with a code that is none', masked(0x88, [0x00, 0x01])],
    ['HTTP', [...Buffer.from('GET /v1/time HTTP/1.1\r\nHost: x\r\n\r\n')]],
  ])('that are %s end the connection', async (_name, bytes) => {
    await siege.withoutEffect(async () => {
      const socket = await tcp();
      socket.write(handshake(WITH_KEY));
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString('latin1')).toContain(acceptOf(HANDSHAKE_KEY));
      socket.write(Uint8Array.from(bytes));
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    });
  });
});

const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

async function tcp(): Promise<Socket> {
  const { hostname, port } = new URL(siege.system.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}
