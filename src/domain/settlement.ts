/**
 * How one touch bet runs over recorded ticks, and where it ends: won, lost or void, exactly once.
 *
 * Invariants: depends on the cell, the rules and recorded ticks only, so a replay of the log gives the same
 * outcome and the same deciding tick. Order within one tick: a feed gap voids, then a touch wins, then too
 * much degraded time voids, then the end of the window loses. A gap is never evidence of a touch.
 * Non-goals: money.
 */
import type { Cell } from './cell.ts';
import type { SettlementRules } from './rules.ts';
import type { IndexTick } from './tick.ts';
import { segmentMeetsCell } from './tick-path.ts';

export type VoidReason = 'FEED_GAP' | 'FEED_DEGRADED';

/** What must be remembered of an open bet between ticks. */
export interface SettlementProgress {
  /** How much of the window so far stood on degraded ticks. */
  readonly degradedMs: number;
}

export interface OpenTouch {
  readonly outcome: 'open';
  readonly progress: SettlementProgress;
}

interface Decided {
  /** The tick that decided: the first with which the outcome was known. */
  readonly decidedSeq: number;
  readonly decidedAtMs: number;
}

export type DecidedTouch =
  | (Decided & { readonly outcome: 'won' })
  | (Decided & { readonly outcome: 'lost' })
  | (Decided & { readonly outcome: 'void'; readonly reason: VoidReason });

export type TouchVerdict = OpenTouch | DecidedTouch;

export const INITIAL_SETTLEMENT_PROGRESS: SettlementProgress = Object.freeze({ degradedMs: 0 });

/**
 * Takes an open bet over one more recorded tick. `prevTick` is the recorded tick just before `tick`;
 * undefined means that nothing is known of the time before it, which counts as a gap.
 */
export function advanceTouch(
  progress: SettlementProgress,
  cell: Cell,
  prevTick: IndexTick | undefined,
  tick: IndexTick,
  rules: SettlementRules,
): TouchVerdict {
  if (tick.atMs < cell.opensAtMs) return { outcome: 'open', progress };
  const decided = { decidedSeq: tick.seq, decidedAtMs: tick.atMs };
  const isGap = prevTick === undefined || tick.atMs - prevTick.atMs > rules.maxGapMs;
  if (isGap && gapReachesInto(cell, prevTick, tick)) {
    return { outcome: 'void', reason: 'FEED_GAP', ...decided };
  }
  // After a gap only the tick itself is known, and it can be in the window only at its very start.
  if (segmentMeetsCell(isGap ? tick : prevTick, tick, cell)) return { outcome: 'won', ...decided };

  const degradedMs = progress.degradedMs + degradedMsWithin(cell, prevTick, tick);
  const degradedMsMax = Math.round(rules.maxDegradedFraction * (cell.closesAtMs - cell.opensAtMs));
  if (degradedMs > degradedMsMax) return { outcome: 'void', reason: 'FEED_DEGRADED', ...decided };
  if (tick.atMs > cell.closesAtMs) return { outcome: 'lost', ...decided };
  return { outcome: 'open', progress: degradedMs === progress.degradedMs ? progress : { degradedMs } };
}

/**
 * The whole way at once, for audits and proofs. `ticks` are consecutive recorded ticks from one at or before
 * the window to one after it; `open` if they do not decide it.
 */
export function settleFromTicks(
  cell: Cell,
  ticks: Iterable<IndexTick>,
  rules: SettlementRules,
): TouchVerdict {
  let verdict: TouchVerdict = { outcome: 'open', progress: INITIAL_SETTLEMENT_PROGRESS };
  let prevTick: IndexTick | undefined;
  for (const tick of ticks) {
    verdict = advanceTouch(verdict.progress, cell, prevTick, tick, rules);
    if (verdict.outcome !== 'open') return verdict;
    prevTick = tick;
  }
  return verdict;
}

/** A gap that only ends at the opening, or only starts at the close, hides nothing of the window. */
const gapReachesInto = (cell: Cell, prevTick: IndexTick | undefined, tick: IndexTick): boolean =>
  tick.atMs > cell.opensAtMs && (prevTick === undefined || prevTick.atMs < cell.closesAtMs);

/** The stretch up to a tick has that tick's quality. */
function degradedMsWithin(cell: Cell, prevTick: IndexTick | undefined, tick: IndexTick): number {
  if (tick.quality !== 'degraded' || prevTick === undefined) return 0;
  const fromMs = Math.max(prevTick.atMs, cell.opensAtMs);
  const toMs = Math.min(tick.atMs, cell.closesAtMs);
  return Math.max(0, toMs - fromMs);
}
