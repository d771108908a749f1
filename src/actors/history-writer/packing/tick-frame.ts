/**
 * Many ticks in a row as one run of bytes, without loss: what a minute of the price line weighs about two
 * bytes a tick. The same ticks always give the same bytes.
 *
 * Form: 8 bits version; 16 bits count; 53 bits each of the first seq, the first and the last time, the first
 * price, and the raster that every time step is a multiple of; 16 bits of how many kinds of source there
 * are, and each (1 bit degraded, 1 bit composition jump, 10 bits venues, 30 bits venue mask); columns: time
 * steps, sizes of the price moves, kinds of source; a sign for each price move that is not 0; zeros to the
 * byte; CRC-32 of it all.
 * Seqs take no room: they are dense.
 */
import { crc32 } from 'node:zlib';
import { type IndexTick, SYMBOL, VENUES_MAX } from '../../../domain/tick.ts';
import { cents } from '../../../domain/units.ts';
import { BitReader, BitWriter, DamagedFrame, SAFE_BITS } from './bits.ts';
import { readColumn, writeColumn } from './column.ts';

/** No single tick begins with this byte: those are text. */
export const FRAME_VERSION = 1;
export const TICKS_PER_FRAME_MAX = 2 ** 16 - 1;
const VERSION_BITS = 8;
const COUNT_BITS = 16;
const VENUES_BITS = 10;
const MASK_BITS = 30;
const CHECKSUM_BYTES = 4;

type Source = Pick<IndexTick, 'quality' | 'venues' | 'venueMask' | 'compositionJump'>;

/** `ticks`: one or more, dense, going forward in time. Throws a RangeError otherwise. */
export function encodeFrame(ticks: readonly IndexTick[]): Uint8Array {
  const [first] = ticks;
  if (!first || ticks.length > TICKS_PER_FRAME_MAX || !isOneRun(ticks)) {
    throw new RangeError(`not a run of ticks: ${ticks.length} from seq ${first?.seq}`);
  }
  const steps = differences(ticks.map(({ atMs }) => atMs));
  const moves = differences(ticks.map(({ priceCents }) => priceCents));
  const rasterMs = steps.reduce(greatestCommonDivisor, 0);
  const sources = new Map<string, { index: number; source: Source }>();
  const indices = ticks.map((tick) => {
    const key = `${tick.quality} ${tick.compositionJump} ${tick.venues} ${tick.venueMask}`;
    const known = sources.get(key) ?? { index: sources.size, source: tick };
    sources.set(key, known);
    return known.index;
  });

  const bits = new BitWriter();
  bits.write(FRAME_VERSION, VERSION_BITS);
  bits.write(ticks.length, COUNT_BITS);
  const lastMs = ticks.at(-1)?.atMs ?? 0;
  for (const whole of [first.seq, first.atMs, lastMs, first.priceCents, rasterMs])
    bits.write(whole, SAFE_BITS);
  bits.write(sources.size, COUNT_BITS);
  for (const { source } of sources.values()) writeSource(bits, source);
  writeColumn(
    bits,
    steps.map((step) => step / rasterMs),
  );
  writeColumn(bits, moves.map(Math.abs));
  writeColumn(bits, indices);
  for (const move of moves) if (move !== 0) bits.write(move < 0 ? 1 : 0, 1);

  const bytes = bits.bytes(CHECKSUM_BYTES);
  const end = bytes.length - CHECKSUM_BYTES;
  new DataView(bytes.buffer).setUint32(end, crc32(bytes.subarray(0, end)));
  return bytes;
}

/** Throws DamagedFrame for any bytes that `encodeFrame` does not make. */
export function decodeFrame(bytes: Uint8Array): IndexTick[] {
  const { bits, count, firstSeq, firstMs, lastMs } = openFrame(bytes);
  const firstCents = bits.read(SAFE_BITS);
  const rasterMs = bits.read(SAFE_BITS);
  const sources = Array.from({ length: bits.read(COUNT_BITS) }, () => readSource(bits));
  const steps = readColumn(bits, count - 1);
  const sizes = readColumn(bits, count - 1);
  const indices = readColumn(bits, count);
  const moves = sizes.map((size) => (size !== 0 && bits.read(1) === 1 ? -size : size));
  if (!bits.isAtEnd()) throw new DamagedFrame('it goes on too long');

  let [atMs, priceCents] = [firstMs, firstCents];
  const ticks = indices.map((index, n): IndexTick => {
    if (n > 0) {
      atMs += (steps[n - 1] ?? 0) * rasterMs;
      priceCents += moves[n - 1] ?? 0;
    }
    const source = sources[index];
    if (!source) throw new DamagedFrame(`no source ${index}`);
    return {
      symbol: SYMBOL,
      seq: positive(firstSeq + n),
      atMs: positive(atMs),
      priceCents: cents(positive(priceCents)),
      quality: source.quality,
      venues: source.venues,
      venueMask: source.venueMask,
      compositionJump: source.compositionJump,
    };
  });
  if (atMs !== lastMs) throw new DamagedFrame('it does not end when it says');
  return ticks;
}

/** What a frame says of its ends; reads no tick. Throws as `decodeFrame`. */
export function endsOfFrame(bytes: Uint8Array): {
  fromSeq: number;
  fromMs: number;
  toSeq: number;
  toMs: number;
} {
  const { count, firstSeq, firstMs, lastMs } = openFrame(bytes);
  return { fromSeq: firstSeq, fromMs: firstMs, toSeq: firstSeq + count - 1, toMs: lastMs };
}

function openFrame(bytes: Uint8Array) {
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < 1 || bytes[0] !== FRAME_VERSION) throw new DamagedFrame('not a frame of this version');
  const checksum = new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0);
  if (checksum !== crc32(bytes.subarray(0, end))) throw new DamagedFrame('its checksum does not match');
  const bits = new BitReader(bytes.subarray(0, end));
  bits.read(VERSION_BITS);
  const count = bits.read(COUNT_BITS);
  if (count === 0) throw new DamagedFrame('no ticks');
  const firstSeq = bits.read(SAFE_BITS);
  const firstMs = bits.read(SAFE_BITS);
  return { bits, count, firstSeq, firstMs, lastMs: bits.read(SAFE_BITS) };
}

/** Is each the next of the one before it? */
export const isOneRun = (ticks: readonly IndexTick[]): boolean =>
  ticks.every((tick, index) => {
    const before = ticks[index - 1];
    return !before || (tick.seq === before.seq + 1 && tick.atMs > before.atMs);
  });

/** The number, if it is one that a tick may have. */
function positive(value: number): number {
  if (!Number.isSafeInteger(value) || value < 1) throw new DamagedFrame(`${value} in a tick`);
  return value;
}

function writeSource(bits: BitWriter, { quality, compositionJump, venues, venueMask }: Source): void {
  bits.write(quality === 'degraded' ? 1 : 0, 1);
  bits.write(compositionJump ? 1 : 0, 1);
  bits.write(venues, VENUES_BITS);
  bits.write(venueMask, MASK_BITS);
}

function readSource(bits: BitReader): Source {
  const quality = bits.read(1) === 1 ? 'degraded' : 'ok';
  const compositionJump = bits.read(1) === 1;
  const venues = positive(bits.read(VENUES_BITS));
  const venueMask = positive(bits.read(MASK_BITS));
  if (venues > VENUES_MAX) throw new DamagedFrame(`${venues} venues`);
  return { quality, venues, venueMask, compositionJump };
}

const differences = (values: readonly number[]): number[] =>
  values.slice(1).map((value, index) => value - (values[index] ?? 0));

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
