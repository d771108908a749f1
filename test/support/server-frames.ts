/** What a server sent in the `msgpack` subprotocol, in the named form. */
import { expandPush, isCompactPush } from '../../src/protocol/api/compact-frames.ts';
import { decode } from '../../src/protocol/codec.ts';

export function decodeServerFrame(bytes: Uint8Array): unknown {
  const frame = decode(bytes);
  return isCompactPush(frame) ? expandPush(frame) : frame;
}
