/** What every price history must do, whatever it stands on. */
import { beforeEach, expect, it } from 'vitest';
import type { PriceHistory } from '../../src/actors/history-writer/price-history.ts';
import { cents } from '../../src/domain/units.ts';
import { FIRST_TICK_MS, indexTick, indexTicks, seqsOf, TICK_MS } from '../support/index-ticks.ts';

const atMs = (seq: number): number => FIRST_TICK_MS + seq * TICK_MS;
const run = (fromSeq: number, toSeq: number) => ({
  fromSeq,
  fromMs: atMs(fromSeq),
  toSeq,
  toMs: atMs(toSeq),
  isComplete: true,
});

/** `create` gives an empty one. */
export function priceHistoryContract(create: () => Promise<PriceHistory>): void {
  let history: PriceHistory;
  beforeEach(async () => {
    history = await create();
  });

  it('begins with nothing', async () => {
    expect(await history.extent()).toBeUndefined();
    expect(await history.range({ fromMs: 0, toMs: atMs(100), limit: 10 })).toEqual({
      ticks: [],
      extent: undefined,
    });
  });

  it('grows at both ends and says how far it reaches', async () => {
    expect(await history.append(indexTicks(10, 12))).toEqual(run(10, 12));
    expect(await history.append([indexTick(13)])).toEqual(run(10, 13));
    expect(await history.rehydrate(indexTicks(5, 9))).toEqual(run(5, 13));
    expect(await history.extent()).toEqual(run(5, 13));
  });

  it('gives ticks back whole, with both ends, oldest first, up to the limit', async () => {
    const odd = indexTick(3, { quality: 'degraded', venues: 2 });
    await history.append([...indexTicks(1, 2), odd, ...indexTicks(4, 9)]);
    const { ticks, extent } = await history.range({ fromMs: atMs(3), toMs: atMs(5), limit: 100 });
    expect(ticks).toEqual([odd, indexTick(4), indexTick(5)]);
    expect(extent).toEqual(run(1, 9));
    const cut = await history.range({ fromMs: atMs(3) + 1, toMs: atMs(9), limit: 2 });
    expect(seqsOf(cut.ticks)).toEqual([4, 5]);
  });

  it('keeps ticks of equal price apart', async () => {
    const flat = indexTicks(1, 5).map((tick) => ({ ...tick, priceCents: cents(6_000_000) }));
    expect(await history.append(flat)).toEqual(run(1, 5));
  });

  it('orders ticks of one time by their text, whatever came first', async () => {
    const [one, other] = [indexTick(1), indexTick(1, { priceCents: cents(7_000_000) })];
    for (const ticks of [[other], [one], [other, one]]) await history.append(ticks);
    const { ticks } = await history.range({ fromMs: 0, toMs: atMs(9), limit: 10 });
    expect(ticks).toEqual([one, other]);
  });

  it('rejects when there is nothing to add', async () => {
    await expect(history.append([])).rejects.toThrow();
    await history.append([indexTick(1)]);
    await expect(history.append([])).rejects.toThrow();
    await expect(history.rehydrate([])).rejects.toThrow();
  });

  it('is not changed by the same ticks again', async () => {
    await history.append(indexTicks(1, 5));
    expect(await history.append(indexTicks(3, 5))).toEqual(run(1, 5));
    expect(await history.rehydrate(indexTicks(1, 2))).toEqual(run(1, 5));
  });

  it('notices a hole, and a tick that differs from one it has', async () => {
    await history.append(indexTicks(1, 3));
    expect(await history.append([indexTick(5)])).toMatchObject({ isComplete: false });
    await history.clear();
    await history.append(indexTicks(1, 3));
    const other = indexTick(2, { priceCents: cents(1) });
    expect(await history.append([other])).toMatchObject({ isComplete: false });
  });

  it('prunes what is older than a time, and not what is as old', async () => {
    await history.append(indexTicks(1, 9));
    await history.prune(atMs(4));
    expect(await history.extent()).toEqual(run(4, 9));
  });

  it('clears', async () => {
    await history.append(indexTicks(1, 9));
    await history.clear();
    expect(await history.extent()).toBeUndefined();
  });
}
