/**
 * One push to many connections. It is encoded once per wire format, however many get it; only `n`, which
 * counts per connection, differs, and it has a place of fixed width that is overwritten in place:
 *
 *   JSON     {"n":         7,"push":"price",…}   ten characters, padded with spaces, which JSON allows
 *   msgpack  [code, uint 32, …]   compact-frames.ts
 *
 * So a push costs a connection ten byte writes and one `send`. That is also why the server's own topics are
 * not used: they send the same bytes to everybody, and a per-connection `n` is what shows a client its gaps.
 *
 * Invariant: `bytesFor` returns the same buffer each time; whoever sends copies it (ClientSocket does).
 */
import { compactRest, PUSH_CODES, type PushBody } from '../../protocol/api/compact-frames.ts';
import { encode } from '../../protocol/codec.ts';

export type WireFormat = 'json' | 'msgpack';

const JSON_HEAD = '{"n":';
/** Room for 9,999,999,999; a connection with 100 pushes a second would need three years. */
const JSON_N_DIGITS = 10;
const ZERO = 0x30;
const SPACE = 0x20;
/** fixarray header, code, uint 32. */
const UINT_32 = 0xce;
const MSGPACK_N_OFFSET = 3;

export class SharedPush {
  readonly #body: PushBody;
  #json: Buffer | undefined;
  #msgpack: Buffer | undefined;

  constructor(body: PushBody) {
    this.#body = body;
  }

  get channel(): PushBody['push'] {
    return this.#body.push;
  }

  /** The frame with this `n`, valid until the next call. */
  bytesFor(format: WireFormat, n: number): Uint8Array {
    return format === 'json' ? this.#jsonFor(n) : this.#msgpackFor(n);
  }

  #jsonFor(n: number): Uint8Array {
    this.#json ??= Buffer.from(
      `${JSON_HEAD}${' '.repeat(JSON_N_DIGITS)},${JSON.stringify(this.#body).slice(1)}`,
    );
    writeDigits(this.#json, n);
    return this.#json;
  }

  #msgpackFor(n: number): Uint8Array {
    this.#msgpack ??= withRoomForN(encode([PUSH_CODES[this.#body.push], ...compactRest(this.#body)]));
    this.#msgpack.writeUInt32BE(n, MSGPACK_N_OFFSET);
    return this.#msgpack;
  }
}

/** By hand: making and copying a text costs more than sending the frame. */
function writeDigits(json: Buffer, n: number): void {
  let at = JSON_HEAD.length + JSON_N_DIGITS;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 10)) json[--at] = ZERO + (rest % 10);
  while (at > JSON_HEAD.length) json[--at] = SPACE;
}

/** Puts an element after the first one of an encoded small array that begins with a small number. */
function withRoomForN(array: Uint8Array): Buffer {
  const [header = 0, code = 0] = array;
  return Buffer.from([header + 1, code, UINT_32, 0, 0, 0, 0, ...array.subarray(2)]);
}
