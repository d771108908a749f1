/**
 * The price history in this process's memory: for tests and the simulator. A sorted set of the same members,
 * byte for byte, behaving as Redis's does.
 */
import type { IndexTick } from '../../domain/tick.ts';
import { encodeMember, extentOf, ticksInRange } from './history-member.ts';
import { encodeFrame, FRAME_VERSION } from './packing/tick-frame.ts';
import {
  FRAME_TICKS,
  framesOf,
  type HistoryExtent,
  type HistorySlice,
  type PriceHistory,
} from './price-history.ts';
import type { TickRange } from './tick-log.ts';

interface Member {
  readonly score: number;
  readonly bytes: Buffer;
}

export const memoryPriceHistory = ({ frameTicks = FRAME_TICKS } = {}): PriceHistory =>
  new MemoryPriceHistory(frameTicks);

class MemoryPriceHistory implements PriceHistory {
  readonly frameTicks: number;
  #members: readonly Member[] = [];

  constructor(frameTicks: number) {
    this.frameTicks = frameTicks;
  }

  async append(ticks: readonly IndexTick[]): Promise<HistoryExtent> {
    this.#add(ticks.map((tick) => ({ score: tick.atMs, bytes: Buffer.from(encodeMember(tick)) })));
    return this.#ends(ticks.length);
  }

  async seal(ticks: readonly IndexTick[]): Promise<HistoryExtent> {
    const frames = framesOf(ticks, this.frameTicks).map((frame) => ({
      score: frame[0]?.atMs ?? 0,
      lastMs: frame.at(-1)?.atMs ?? 0,
      bytes: Buffer.from(encodeFrame(frame)),
    }));
    for (const { score, lastMs, bytes } of frames) {
      this.#members = this.#members.filter((member) => member.score < score || member.score > lastMs);
      this.#add([{ score, bytes }]);
    }
    return this.#ends(ticks.length);
  }

  async extent(): Promise<HistoryExtent | undefined> {
    return this.#extent();
  }

  async range(range: TickRange): Promise<HistorySlice> {
    const { fromMs, toMs, limit } = range;
    const before = this.#members.findLast(({ score }) => score < fromMs);
    const members = before?.bytes[0] === FRAME_VERSION ? [before.bytes] : [];
    let ticks = 0;
    for (const { score, bytes } of this.#members) {
      if (ticks >= limit || score < fromMs || score > toMs) continue;
      ticks += bytes[0] === FRAME_VERSION ? this.frameTicks : 1;
      members.push(bytes);
    }
    return { ticks: ticksInRange(members, range), extent: this.#extent() };
  }

  async prune(beforeMs: number): Promise<void> {
    this.#members = this.#members.filter(({ score }) => score >= beforeMs);
  }

  async clear(): Promise<void> {
    this.#members = [];
  }

  /** Of one score by their bytes, as Redis sorts; the same member once. */
  #add(added: readonly Member[]): void {
    const byBytes = new Map(
      [...this.#members, ...added].map((member) => [member.bytes.toString('latin1'), member]),
    );
    this.#members = [...byBytes.values()].sort(
      (a, b) => a.score - b.score || Buffer.compare(a.bytes, b.bytes),
    );
  }

  #extent(): HistoryExtent | undefined {
    const [first, last] = [this.#members[0], this.#members.at(-1)];
    return first && last && extentOf(this.#members.length, first.bytes, last.bytes, this.frameTicks);
  }

  #ends(added: number): HistoryExtent {
    const extent = this.#extent();
    if (!extent || added === 0) throw new Error('nothing to add');
    return extent;
  }
}
