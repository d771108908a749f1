/** WebSocket handshakes: right ones, and those with a header missing, doubled, or of another meaning. */
import { FRAME_BYTES_MAX } from '../../src/protocol/limits.ts';
import { frameBytes } from './frame-inputs.ts';
import type { FuzzDice } from './fuzz-dice.ts';
import type { FuzzInput } from './fuzz-input.ts';
import { mutated } from './mutations.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export function handshakeBytes(subprotocol: string): Buffer {
  return Buffer.from(
    `GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n` +
      `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
}

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['Host', ['127.0.0.1', '', 'a b']],
  ['Connection', ['Upgrade', 'keep-alive, Upgrade', 'close', 'x']],
  ['Upgrade', ['websocket', 'WebSocket', 'h2c', 'websocket, x', '']],
  ['Sec-WebSocket-Version', ['13', '8', '0', '13, 8', 'x']],
  ['Sec-WebSocket-Key', [KEY, '', 'x', 'a'.repeat(24), 'a'.repeat(2_000), '\xff'.repeat(24)]],
  ['Sec-WebSocket-Protocol', ['msgpack', 'json', 'json, msgpack', 'x', ',', ', , ,', 'x, '.repeat(300)]],
  [
    'Sec-WebSocket-Extensions',
    ['permessage-deflate', 'permessage-deflate; client_max_window_bits=99', ';', 'x; y="z', '\xff'],
  ],
  ['Origin', ['null', 'https://evil.example', 'http://127.0.0.1', 'x'.repeat(1_000)]],
  ['Content-Length', ['0', '5', '-1']],
  ['Transfer-Encoding', ['chunked']],
  ['Authorization', ['Bearer x']],
  ['X-Forwarded-For', ['203.0.113.1', '203.0.113.2', '::1', 'x', ',']],
  ['Cookie', ['touchline=x', '__Host-touchline=; touchline']],
];

/** Mostly on the right path, sometimes with bytes right behind it that would be a frame. */
export function handshakeInput(dice: FuzzDice): FuzzInput {
  const fields = HEADERS.flatMap(([name, values], index) => {
    if (!dice.chance(index < 5 ? 0.95 : 0.15)) return [];
    const value = dice.chance(0.7) ? values[0] : dice.pick(values);
    const line = `${name}: ${value ?? ''}\r\n`;
    return dice.chance(0.03) ? [line, line] : [line];
  });
  const path = dice.chance(0.9) ? '/v1/ws' : dice.pick(['/v1/ws/', '/v1/ws?token=x', '/', '/v1/price', '*']);
  const method = dice.chance(0.95) ? 'GET' : dice.pick(['POST', 'HEAD', 'CONNECT']);
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
  const payload = dice.bytes(dice.chance(0.9) ? dice.int(0, 40) : FRAME_BYTES_MAX + 1);
  const bytes = dice.chance(0.3)
    ? Buffer.concat([head, frameBytes(dice, { opcode: dice.int(0, 15), payload })])
    : head;
  return {
    what: `handshake ${method} ${path}`,
    pieces: dice.pieces(dice.chance(0.3) ? mutated(dice, bytes) : bytes, 3),
    expects: dice.pick(['any', 'any', 'any', 'abort', 'end'] as const),
  };
}
