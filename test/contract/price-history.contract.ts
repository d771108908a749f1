/** What every price history must do, whatever it stands on. Frames hold four ticks: 1–4, 5–8, 9–12… */
import { beforeEach, describe, expect, it } from 'vitest';
import type { PriceHistory } from '../../src/actors/history-writer/price-history.ts';
import { HistoryDamaged } from '../../src/actors/history-writer/price-history.ts';
import { cents } from '../../src/domain/units.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, seqsOf, TICK_MS } from '../support/index-ticks.ts';

export const CONTRACT_FRAME_TICKS = 4;

const atMs = (seq: number): number => FIRST_TICK_MS + seq * TICK_MS;
const ALL = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1_000 };
const run = (fromSeq: number, toSeq: number, sealedToSeq = fromSeq - 1) => ({
  fromSeq,
  fromMs: atMs(fromSeq),
  toSeq,
  toMs: atMs(toSeq),
  sealedToSeq,
  isComplete: true,
});

/** `create` gives an empty one of CONTRACT_FRAME_TICKS. */
export function priceHistoryContract(create: () => Promise<PriceHistory>): void {
  let history: PriceHistory;
  beforeEach(async () => {
    history = await create();
  });

  it('begins with nothing', async () => {
    expect(history.frameTicks).toBe(CONTRACT_FRAME_TICKS);
    expect(await history.extent()).toBeUndefined();
    expect(await history.range({ fromMs: 0, toMs: atMs(100), limit: 10 })).toEqual({
      ticks: [],
      extent: undefined,
    });
  });

  it('grows at both ends and says how far it reaches', async () => {
    expect(await history.append(indexTicks(10, 12))).toEqual(run(10, 12));
    expect(await history.append([indexTick(13)])).toEqual(run(10, 13));
    expect(await history.append(indexTicks(9, 9))).toEqual(run(9, 13));
    expect(await history.seal(indexTicks(1, 8))).toEqual(run(1, 13, 8));
    expect(await history.extent()).toEqual(run(1, 13, 8));
  });

  it('gives ticks back whole, with both ends, oldest first, up to the limit', async () => {
    const odd = indexTick(3, { quality: 'degraded', venues: 2, venueMask: 5, compositionJump: true });
    await history.append([...indexTicks(1, 2), odd, ...indexTicks(4, 9)]);
    const { ticks, extent } = await history.range({ fromMs: atMs(3), toMs: atMs(5), limit: 100 });
    expect(ticks).toEqual([odd, indexTick(4), indexTick(5)]);
    expect(extent).toEqual(run(1, 9));
    const cut = await history.range({ fromMs: atMs(3) + 1, toMs: atMs(9), limit: 2 });
    expect(seqsOf(cut.ticks)).toEqual([4, 5]);
    await history.seal([...indexTicks(1, 2), odd, indexTick(4)]);
    expect(await history.range({ fromMs: atMs(3), toMs: atMs(5), limit: 100 })).toEqual({
      ticks: [odd, indexTick(4), indexTick(5)],
      extent: run(1, 9, 4),
    });
  });

  it('keeps ticks of equal price apart', async () => {
    const flat = indexTicks(1, 5).map((tick) => ({ ...tick, priceCents: cents(6_000_000) }));
    expect(await history.append(flat)).toEqual(run(1, 5));
    expect(await history.seal(flat.slice(0, 4))).toEqual(run(1, 5, 4));
    expect((await history.range(ALL)).ticks).toEqual(flat);
  });

  it('rejects when there is nothing to add', async () => {
    await expect(history.append([])).rejects.toThrow();
    await history.append([indexTick(1)]);
    await expect(history.append([])).rejects.toThrow();
    await expect(history.seal([])).rejects.toThrow();
  });

  it('is not changed by the same ticks again', async () => {
    await history.append(indexTicks(1, 5));
    expect(await history.append(indexTicks(3, 5))).toEqual(run(1, 5));
    expect(await history.append(indexTicks(1, 2))).toEqual(run(1, 5));
  });

  it('notices a hole, and a tick that differs from one it has', async () => {
    await history.append(indexTicks(1, 3));
    expect(await history.append([indexTick(5)])).toMatchObject({ isComplete: false });
    await expect(history.range(ALL)).rejects.toThrow(HistoryDamaged);
    await history.clear();
    await history.append(indexTicks(1, 3));
    const other = indexTick(2, { priceCents: cents(1) });
    expect(await history.append([other])).toMatchObject({ isComplete: false });
    await expect(history.range(ALL)).rejects.toThrow(HistoryDamaged);
  });

  it('prunes what begins before a time, and not at it', async () => {
    await history.append(indexTicks(1, 9));
    await history.prune(atMs(4));
    expect(await history.extent()).toEqual(run(4, 9));
  });

  it('clears', async () => {
    await history.append(indexTicks(1, 9));
    await history.clear();
    expect(await history.extent()).toBeUndefined();
  });

  describe('sealing', () => {
    it('changes nothing a reader sees, done once or twice', async () => {
      await history.append(indexTicks(1, 10));
      for (const sealed of [indexTicks(1, 4), indexTicks(5, 8), indexTicks(1, 8)]) {
        await history.seal(sealed);
        expect((await history.range(ALL)).ticks).toEqual(indexTicks(1, 10));
      }
      expect(await history.seal(indexTicks(5, 8))).toEqual(run(1, 10, 8));
    });

    it('takes whole frames only, at their own seqs', async () => {
      await history.append(indexTicks(1, 10));
      for (const ticks of [indexTicks(1, 3), indexTicks(2, 5), indexTicks(1, 5), indexTicks(4, 7)]) {
        await expect(history.seal(ticks)).rejects.toThrow(RangeError);
      }
      const broken = [indexTick(1), indexTick(2), indexTick(4), indexTick(5)];
      await expect(history.seal(broken)).rejects.toThrow(RangeError);
      const stuck = [...indexTicks(1, 3), indexTick(4, { atMs: atMs(3) })];
      await expect(history.seal(stuck)).rejects.toThrow(RangeError);
      await expect(history.seal([...indexTicks(1, 4), ...broken])).rejects.toThrow(RangeError);
      expect(await history.extent()).toEqual(run(1, 10));
    });

    it('makes a history of frames alone', async () => {
      expect(await history.seal(indexTicks(5, 12))).toEqual(run(5, 12, 12));
      expect((await history.range(ALL)).ticks).toEqual(indexTicks(5, 12));
    });

    it('mends what is in its time', async () => {
      await history.append([indexTick(1), indexTick(2, { priceCents: cents(1) }), ...indexTicks(4, 5)]);
      expect(await history.seal(indexTicks(1, 4))).toEqual(run(1, 5, 4));
    });

    it('gives every part of every frame', async () => {
      await history.append(indexTicks(13, 15));
      await history.seal(indexTicks(1, 12));
      for (let from = 0; from <= 16; from += 1) {
        for (let to = from; to <= 16; to += 1) {
          for (const limit of [1, 3, 5, 100]) {
            const { ticks } = await history.range({ fromMs: atMs(from), toMs: atMs(to), limit });
            const [first, last] = [Math.max(from, 1), Math.min(to, 15)];
            const wanted = last < first ? [] : seqsOf(indexTicks(first, last)).slice(0, limit);
            expect(seqsOf(ticks)).toEqual(wanted);
          }
        }
      }
    });

    it('notices a frame that is missing', async () => {
      await history.seal(indexTicks(1, 4));
      expect(await history.seal(indexTicks(9, 12))).toMatchObject({ isComplete: false });
      await expect(history.range(ALL)).rejects.toThrow(HistoryDamaged);
    });

    it('prunes whole frames', async () => {
      await history.seal(indexTicks(1, 12));
      await history.append(indexTicks(13, 14));
      await history.prune(atMs(5));
      expect(await history.extent()).toEqual(run(5, 14, 12));
      await history.prune(atMs(9) - 1);
      expect(await history.extent()).toEqual(run(9, 14, 12));
    });
  });
}
