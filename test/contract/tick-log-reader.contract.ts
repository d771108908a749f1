/** What every TickLogReader promises; run on each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TickLogReader } from '../../src/actors/resolver/tick-log-reader.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { tickAt } from '../support/market.ts';

export interface TickLogReaderHarness {
  readonly reader: TickLogReader;
  /** Records ticks as the HistoryWriter does. */
  record(...ticks: readonly IndexTick[]): void;
  close(): Promise<void>;
}

export function tickLogReaderContract(name: string, open: () => Promise<TickLogReaderHarness>): void {
  describe(`${name} keeps the TickLogReader contract`, () => {
    let harness: TickLogReaderHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(() => harness.close());

    it('is empty before the first tick', async () => {
      expect(await harness.reader.last()).toBeUndefined();
      expect(await harness.reader.readAfter(0, 10)).toEqual([]);
    });

    it('gives ticks after a seq, oldest first, at most as many as asked for', async () => {
      const odd = tickAt(2, { quality: 'degraded', venues: 2, venueMask: 9, compositionJump: true });
      const ticks = [tickAt(1), odd, tickAt(3), tickAt(4)];
      harness.record(...ticks);
      expect(await harness.reader.readAfter(0, 10)).toEqual(ticks);
      expect(await harness.reader.readAfter(1, 2)).toEqual(ticks.slice(1, 3));
      expect(await harness.reader.readAfter(4, 10)).toEqual([]);
    });

    it('sees what is recorded later', async () => {
      harness.record(tickAt(1));
      expect(await harness.reader.last()).toEqual(tickAt(1));
      harness.record(tickAt(2));
      expect(await harness.reader.last()).toEqual(tickAt(2));
      expect(await harness.reader.readAfter(1, 10)).toEqual([tickAt(2)]);
    });
  });
}
