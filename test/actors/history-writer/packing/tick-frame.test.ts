import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DamagedFrame } from '../../../../src/actors/history-writer/packing/bits.ts';
import { decodeFrame, encodeFrame } from '../../../../src/actors/history-writer/packing/tick-frame.ts';
import { type IndexTick, VENUE_MASK_MAX, VENUES_MAX } from '../../../../src/domain/tick.ts';
import { cents } from '../../../../src/domain/units.ts';
import { seededRandom } from '../../../../src/runtime/index.ts';
import { indexTick, indexTicks } from '../../../support/index-ticks.ts';

const BYTES_PER_TICK_MAX = 6;
const FRAME = 600;

const source = fc.record({
  quality: fc.constantFrom('ok' as const, 'degraded' as const),
  venues: fc.integer({ min: 1, max: VENUES_MAX }),
  venueMask: fc.integer({ min: 1, max: VENUE_MASK_MAX }),
  compositionJump: fc.boolean(),
});
const step = fc.oneof(
  fc.constant(100),
  fc.integer({ min: 1, max: 5_000 }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);
const price = fc.oneof(
  fc.integer({ min: 5_999_000, max: 6_001_000 }),
  fc.maxSafeNat().map((n) => Math.max(n, 1)),
);
const anyTicks = fc
  .record({
    firstSeq: fc.integer({ min: 1, max: 2 ** 45 }),
    firstMs: fc.integer({ min: 1, max: 2 ** 45 }),
    rest: fc.array(fc.tuple(step, price, source), { minLength: 1, maxLength: 80 }),
  })
  .map(({ firstSeq, firstMs, rest }): IndexTick[] => {
    let atMs = firstMs;
    return rest.map(([stepMs, priceCents, from], n) => {
      if (n > 0) atMs += stepMs;
      return indexTick(firstSeq + n, { atMs, priceCents: cents(priceCents), ...from });
    });
  });

describe('frame', () => {
  it('gives back any run of ticks, field by field', () => {
    fc.assert(
      fc.property(anyTicks, (ticks) => {
        expect(decodeFrame(encodeFrame(ticks))).toEqual(ticks);
      }),
    );
  });

  it('is the same bytes for the same ticks', () => {
    expect(encodeFrame(indexTicks(1, FRAME))).toEqual(encodeFrame(indexTicks(1, FRAME)));
  });

  it('refuses what is no run of ticks', () => {
    for (const ticks of [[], [indexTick(1), indexTick(3)], [indexTick(2), indexTick(1)]]) {
      expect(() => encodeFrame(ticks)).toThrow(RangeError);
    }
  });

  it('is damaged by any flipped bit, any cut and any byte more', () => {
    fc.assert(
      fc.property(anyTicks, fc.nat(), (ticks, where) => {
        const bytes = encodeFrame(ticks);
        const flipped = Uint8Array.from(bytes);
        const bit = where % (8 * bytes.length);
        flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => decodeFrame(flipped)).toThrow(DamagedFrame);
        expect(() => decodeFrame(bytes.subarray(0, where % bytes.length))).toThrow(DamagedFrame);
        expect(() => decodeFrame(Uint8Array.from([...bytes, 0]))).toThrow(DamagedFrame);
      }),
    );
  });

  it('never reads garbage as anything but damaged or ticks, even under a right checksum', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(anyTicks, fc.nat(), fc.nat(255)).map(([ticks, at, byte]) => {
        const bytes = encodeFrame(ticks).slice(0, -4);
        bytes[at % bytes.length] = byte;
        return bytes;
      }),
    );
    fc.assert(
      fc.property(garbage, (bytes) => {
        const signed = new Uint8Array(bytes.length + 4);
        signed.set(bytes);
        new DataView(signed.buffer).setUint32(bytes.length, crc32(bytes));
        for (const tried of [bytes, signed]) {
          try {
            expect(decodeFrame(tried).length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(DamagedFrame);
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('bytes a tick', () => {
  const random = seededRandom(7);
  const drawn = (least: number, most: number): number =>
    least + Math.floor(random.fraction() * (most - least + 1));
  const bytesPerTick = (ticks: readonly IndexTick[]): number => {
    const bytes = encodeFrame(ticks);
    expect(decodeFrame(bytes)).toEqual(ticks);
    return bytes.length / ticks.length;
  };
  /** A move of every tick, of a venue list and a raster that change all the time. */
  const walk = (sizeCents: number, venueList: number): IndexTick[] => {
    let [atMs, priceCents] = [1_700_000_000_000, 6_000_000_000];
    return Array.from({ length: FRAME }, (_, n) => {
      atMs += 100 * drawn(1, 10);
      priceCents += drawn(-sizeCents, sizeCents);
      const venueMask = drawn(1, 2 ** venueList - 1);
      return indexTick(n + 1, {
        atMs,
        priceCents: cents(priceCents),
        quality: drawn(0, 1) === 1 ? 'ok' : 'degraded',
        venues: venueMask.toString(2).replaceAll('0', '').length,
        venueMask,
        compositionJump: drawn(0, 1) === 1,
      });
    });
  };

  it('of a recorded minute: about one', () => {
    const rows = readFileSync('test/fixtures/replay-btc-usd-60s.csv', 'utf8').trim().split('\n').slice(1);
    const ticks = rows.map((row, n) => {
      const [atMs = 0, priceCents = 0] = row.split(',').map(Number);
      return indexTick(n + 1, { atMs, priceCents: cents(priceCents) });
    });
    expect(bytesPerTick(ticks)).toBeLessThan(1.2);
  });

  it('of a line that stands still: next to nothing', () => {
    const flat = indexTicks(1, FRAME).map((tick) => ({ ...tick, priceCents: cents(6_000_000) }));
    expect(bytesPerTick(flat)).toBeLessThan(0.2);
  });

  it.each([
    // σ of 100 ms at 60 % a year and 60,000 USD is about 200 cents; these are far wilder.
    { name: 'moves of up to 1,000 USD', sizeCents: 100_000, venues: 5 },
    { name: 'moves of up to 10,000 USD', sizeCents: 1_000_000, venues: 5 },
  ])('of noise in every field ($name): at most 6', ({ sizeCents, venues }) => {
    expect(bytesPerTick(walk(sizeCents, venues))).toBeLessThan(BYTES_PER_TICK_MAX);
  });
});
