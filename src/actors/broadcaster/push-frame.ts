/**
 * One push to many connections. It is encoded once per wire format, however many get it; only `n`, which
 * counts per connection, differs, and it has a place of fixed width that is overwritten in place:
 *
 *   JSON     {"n":         7,"push":"price",…}   ten characters, padded with spaces, which JSON allows
 *   msgpack  map, "n", uint 32, "push", "price", …
 *
 * So a push costs a connection ten byte writes and one `send`. That is also why the server's own topics are
 * not used: they send the same bytes to everybody, and a per-connection `n` is what shows a client its gaps.
 *
 * Invariant: `bytesFor` returns the same buffer each time; whoever sends copies it (ClientSocket does).
 */
import type { PushFrame } from '../../protocol/api/frames.ts';
import { encode } from '../../protocol/codec.ts';

export type WireFormat = 'json' | 'msgpack';

/** A push without its `n`; distributes over the union. */
export type PushBody = PushFrame extends infer F ? (F extends PushFrame ? Omit<F, 'n'> : never) : never;

const JSON_HEAD = '{"n":';
/** Room for 9,999,999,999; a connection with 100 pushes a second would need three years. */
const JSON_N_DIGITS = 10;
/** fixmap header, fixstr "n", uint 32. */
const MSGPACK_N_KEY = [0xa1, 'n'.charCodeAt(0), 0xce];
const MSGPACK_N_OFFSET = 1 + MSGPACK_N_KEY.length;
const FIXMAP = 0x80;
const FIXMAP_ENTRIES_MAX = 15;

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
    this.#json.write(String(n).padStart(JSON_N_DIGITS), JSON_HEAD.length, 'latin1');
    return this.#json;
  }

  #msgpackFor(n: number): Uint8Array {
    this.#msgpack ??= withRoomForN(encode(this.#body));
    this.#msgpack.writeUInt32BE(n, MSGPACK_N_OFFSET);
    return this.#msgpack;
  }
}

/** Puts an entry before the first one of an encoded small map. */
function withRoomForN(map: Uint8Array): Buffer {
  const header = map[0] ?? 0;
  const isSmallMap = header >= FIXMAP && header < FIXMAP + FIXMAP_ENTRIES_MAX;
  if (!isSmallMap) throw new Error(`a push must be a small map, not 0x${header.toString(16)}`);
  return Buffer.from([header + 1, ...MSGPACK_N_KEY, 0, 0, 0, 0, ...map.subarray(1)]);
}
