/** The price history in this process's memory: for tests and the simulator. Behaves as the sorted set. */
import type { IndexTick } from '../../domain/tick.ts';
import { encodeMember } from './history-member.ts';
import type { HistoryExtent, PriceHistory } from './price-history.ts';

export function memoryPriceHistory(): PriceHistory {
  let members = new Map<string, IndexTick>();

  /** Of one time by their text, as Redis sorts. */
  const sorted = (): IndexTick[] =>
    [...members.values()].sort((a, b) => a.atMs - b.atMs || (encodeMember(a) < encodeMember(b) ? -1 : 1));

  const extent = (): HistoryExtent | undefined => {
    const ticks = sorted();
    const from = ticks[0];
    const to = ticks.at(-1);
    if (!from || !to) return undefined;
    const isComplete = ticks.length === to.seq - from.seq + 1;
    return { fromSeq: from.seq, fromMs: from.atMs, toSeq: to.seq, toMs: to.atMs, isComplete };
  };

  const add = async (ticks: readonly IndexTick[]): Promise<HistoryExtent> => {
    for (const tick of ticks) members.set(encodeMember(tick), tick);
    const after = extent();
    if (!after || ticks.length === 0) throw new Error('nothing to add');
    return after;
  };

  return {
    append: add,
    rehydrate: add,
    extent: async () => extent(),
    range: async ({ fromMs, toMs, limit }) => {
      const inside = sorted().filter((tick) => tick.atMs >= fromMs && tick.atMs <= toMs);
      return { ticks: inside.slice(0, limit), extent: extent() };
    },
    prune: async (beforeMs) => {
      members = new Map([...members].filter(([, tick]) => tick.atMs >= beforeMs));
    },
    clear: async () => {
      members = new Map();
    },
  };
}
