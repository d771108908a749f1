/**
 * Looks over msgpack from a client before it is decoded. The decoder knows extensions (records, dates,
 * regular expressions, errors …) and nests without end; a client's frame needs none of that.
 *
 * Accepts exactly one complete value made of nil, booleans, numbers, UTF-8 strings, arrays and maps with
 * string keys, nested at most DEPTH_MAX deep. Never recurses further than that and reads each byte once.
 */
/** A frame is a map, its `bet` a map in it, and that holds scalars only: three, and one to spare. */
const DEPTH_MAX = 4;

const BROKEN = -1;

export const isPlainMsgpack = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return endOfValue(view, 0, DEPTH_MAX) === view.byteLength;
};

/** The offset after the value at `at`, or BROKEN. May lie beyond the end; the caller compares. */
function endOfValue(view: DataView, at: number, depth: number): number {
  if (at >= view.byteLength) return BROKEN;
  const type = view.getUint8(at);
  const body = at + 1;
  if (type <= 0x7f || type >= 0xe0) return body;
  if (type <= 0x8f) return endOfItems(view, body, (type & 0x0f) * 2, depth, true);
  if (type <= 0x9f) return endOfItems(view, body, type & 0x0f, depth, false);
  if (type <= 0xbf) return body + (type & 0x1f);
  const scalarBytes = SCALAR_BYTES[type];
  if (scalarBytes !== undefined) return body + scalarBytes;
  const lengthBytes = LENGTH_BYTES[type];
  if (lengthBytes === undefined || body + lengthBytes > view.byteLength) return BROKEN;
  const length = readLength(view, body, lengthBytes);
  const items = body + lengthBytes;
  if (type <= 0xdb) return items + length;
  if (type <= 0xdd) return endOfItems(view, items, length, depth, false);
  return endOfItems(view, items, length * 2, depth, true);
}

/** `count` values in a row; every second one from the first on is a key if they are a map's. */
function endOfItems(view: DataView, start: number, count: number, depth: number, isMap: boolean): number {
  if (depth === 0 || start + count > view.byteLength) return BROKEN;
  let at = start;
  for (let i = 0; i < count; i += 1) {
    if (isMap && i % 2 === 0 && !isString(view, at)) return BROKEN;
    at = endOfValue(view, at, depth - 1);
    if (at === BROKEN || at > view.byteLength) return BROKEN;
  }
  return at;
}

function isString(view: DataView, at: number): boolean {
  if (at >= view.byteLength) return false;
  const type = view.getUint8(at);
  return (type >= 0xa0 && type <= 0xbf) || (type >= 0xd9 && type <= 0xdb);
}

function readLength(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}

/** nil, false, true, float 32/64, uint 8–64, int 8–64 → bytes after the type. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  [0xc0]: 0,
  [0xc2]: 0,
  [0xc3]: 0,
  [0xca]: 4,
  [0xcb]: 8,
  [0xcc]: 1,
  [0xcd]: 2,
  [0xce]: 4,
  [0xcf]: 8,
  [0xd0]: 1,
  [0xd1]: 2,
  [0xd2]: 4,
  [0xd3]: 8,
};

/** str 8/16/32, array 16/32, map 16/32 → bytes of the length after the type. */
const LENGTH_BYTES: Readonly<Record<number, number>> = {
  [0xd9]: 1,
  [0xda]: 2,
  [0xdb]: 4,
  [0xdc]: 2,
  [0xdd]: 4,
  [0xde]: 2,
  [0xdf]: 4,
};
