/** What a byte string becomes when somebody tampers with it. */
import type { FuzzDice } from './fuzz-dice.ts';

const SPLICES = [
  ...['\r\n', '\n', '\r', '\0', ' ', '\t', '\r\n\r\n', ':', '%', '"', '{', '\xff', '\r\n ', 'HTTP/1.1'],
  ...['\r\nContent-Length: 5', '\r\nContent-Length: -1', '\r\nContent-Length: 99999999999999999999'],
  ...['\r\nTransfer-Encoding: chunked', '\r\nTransfer-Encoding: chunked, identity', '\r\nHost: a\r\nHost: b'],
  ...['0\r\n\r\n', 'ffffffffffffffff\r\n', '-1\r\n', '1;x=y\r\na\r\n', 'GET / HTTP/1.1\r\n\r\n'],
] as const;

const MUTATIONS_MAX = 4;

export function mutated(dice: FuzzDice, original: Buffer): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let left = dice.int(1, MUTATIONS_MAX); left > 0; left -= 1) bytes = mutatedOnce(dice, bytes);
  return bytes;
}

function mutatedOnce(dice: FuzzDice, bytes: Buffer): Buffer {
  const at = dice.int(0, Math.max(0, bytes.length - 1));
  const end = Math.min(bytes.length, at + Math.floor(dice.magnitude(1, 64)));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  return dice.weighted<Buffer>([
    [3, () => flipped(bytes, at, 1 << dice.int(0, 7))],
    [2, () => Buffer.concat([before, after])],
    [2, () => Buffer.concat([before, middle, middle, after])],
    [2, () => Buffer.concat([before, dice.bytes(dice.int(1, 16)), middle, after])],
    [4, () => Buffer.concat([before, Buffer.from(dice.pick(SPLICES), 'latin1'), middle, after])],
    [1, () => Buffer.concat([before, Buffer.from(dice.numberText()), after])],
    [1, () => before],
    [
      1,
      () =>
        Buffer.concat([before, Buffer.alloc(Math.floor(dice.magnitude(1, 20_000)), dice.int(0, 255)), after]),
    ],
  ]);
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ bit;
  return copy;
}
