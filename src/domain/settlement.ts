/**
 * How one bet runs over recorded ticks, and where it ends: won, lost or void, exactly once.
 *
 * What a window goes through (gaps, degraded time, its end) is the same for every band and kind; it is kept
 * apart, so that a whole column can share it. The rules in words: docs/rules.md.
 *
 * Invariants: depends on the cell, the rules and recorded ticks only, so a replay of the log gives the same
 * outcome and the same deciding tick. Order within one tick: a feed gap voids, then a touch decides, then too
 * much degraded time voids, then the end of the window decides. A gap is never evidence of a touch.
 * Non-goals: money; voids by operators, which no tick decides (see MarketBook).
 */
import { type Band, type BetKind, type Cell, isPathKind, type TimeWindow } from './cell.ts';
import {
  breakPath,
  EMPTY_PATH,
  extendPath,
  type NearMiss,
  nearMissOf,
  type WindowPath,
} from './near-miss.ts';
import type { SettlementRules } from './rules.ts';
import type { IndexTick } from './tick.ts';
import { priceCentsAt, segmentMeetsCell } from './tick-path.ts';
import type { Cents } from './units.ts';

export type VoidReason = 'FEED_GAP' | 'FEED_DEGRADED' | 'COMPOSITION_JUMP' | 'OPERATOR';

/** What must be remembered of a window between ticks. */
export interface SettlementProgress {
  /** How much of the window so far stood on degraded ticks. */
  readonly degradedMs: number;
  readonly path: WindowPath;
}

export interface OpenVerdict {
  readonly outcome: 'open';
  readonly progress: SettlementProgress;
}

interface Decided {
  /** The tick that decided: the first with which the outcome was known. */
  readonly decidedSeq: number;
  readonly decidedAtMs: number;
}

export interface VoidVerdict extends Decided {
  readonly outcome: 'void';
  readonly reason: VoidReason;
}

export type DecidedVerdict =
  | (Decided & {
      readonly outcome: 'won' | 'lost';
      /** Of a touch that was lost and a no_touch that was won: how close it came. */
      readonly nearMiss?: NearMiss;
    })
  | VoidVerdict;

export type CellVerdict = OpenVerdict | DecidedVerdict;

export const INITIAL_SETTLEMENT_PROGRESS: SettlementProgress = Object.freeze({
  degradedMs: 0,
  path: EMPTY_PATH,
});

/** What one tick does to a window, whatever the band. */
export interface WindowStep {
  readonly progress: SettlementProgress;
  /** A gap reaches into the window: all that is open is void. */
  readonly isGap: boolean;
  /** Where the stretch that ends in the tick begins; undefined if that stretch is no part of the path. */
  readonly stretchFrom: IndexTick | undefined;
  readonly isTooDegraded: boolean;
  /** The price as of the close, rounded down, which a half-open band of whole cents cannot tell from it. */
  readonly closeCents: Cents | 'COMPOSITION_JUMP' | undefined;
  /** The tick is after the window: nothing more can be touched. */
  readonly isOver: boolean;
}

/**
 * Takes a window over one more recorded tick, which must not be before its opening. `prevTick` is the
 * recorded tick just before `tick`; undefined means that nothing is known of the time before it, which counts
 * as a gap.
 */
export function advanceWindow(
  progress: SettlementProgress,
  window: TimeWindow,
  prevTick: IndexTick | undefined,
  tick: IndexTick,
  rules: SettlementRules,
): WindowStep {
  const isAfterGap = prevTick === undefined || tick.atMs - prevTick.atMs > rules.maxGapMs;
  const isGap = isAfterGap && gapReachesInto(window, prevTick, tick);
  // After a gap only the tick itself is known, and it can be in the window only at its very start.
  const from = isAfterGap ? tick : prevTick;
  const stretchFrom = tick.compositionJump || from.atMs > window.closesAtMs ? undefined : from;
  const degradedMs = progress.degradedMs + degradedMsWithin(window, prevTick, tick);
  const degradedMsMax = Math.round(rules.maxDegradedFraction * (window.closesAtMs - window.opensAtMs));
  const path = stretchFrom ? extendPath(progress.path, window, stretchFrom, tick) : breakPath(progress.path);
  const isSame = path === progress.path && degradedMs === progress.degradedMs;
  return {
    progress: isSame ? progress : { degradedMs, path },
    isGap,
    stretchFrom,
    isTooDegraded: degradedMs > degradedMsMax,
    closeCents: tick.atMs < window.closesAtMs ? undefined : closeCentsOf(window, from, tick),
    isOver: tick.atMs > window.closesAtMs,
  };
}

/** Takes an open bet over one more recorded tick; see advanceWindow. */
export function advanceCell(
  progress: SettlementProgress,
  cell: Cell,
  prevTick: IndexTick | undefined,
  tick: IndexTick,
  rules: SettlementRules,
): CellVerdict {
  if (tick.atMs < cell.opensAtMs) return { outcome: 'open', progress };
  const step = advanceWindow(progress, cell, prevTick, tick, rules);
  if (step.isGap) return voided('FEED_GAP', tick);
  if (isPathKind(cell.kind) && isTouched(step, cell, tick)) return touched(cell.kind, tick);
  if (step.isTooDegraded) return voided('FEED_DEGRADED', tick);
  if (!isPathKind(cell.kind)) {
    if (step.closeCents !== undefined) return closedAt(cell.kind, cell, step.closeCents, tick);
  } else if (step.isOver) return untouched(cell.kind, cell, step.progress, tick);
  return { outcome: 'open', progress: step.progress };
}

/**
 * The whole way at once, for audits and proofs. `ticks` are consecutive recorded ticks from one at or before
 * the window to one after it; `open` if they do not decide it.
 */
export function settleFromTicks(cell: Cell, ticks: Iterable<IndexTick>, rules: SettlementRules): CellVerdict {
  let verdict: CellVerdict = { outcome: 'open', progress: INITIAL_SETTLEMENT_PROGRESS };
  let prevTick: IndexTick | undefined;
  for (const tick of ticks) {
    verdict = advanceCell(verdict.progress, cell, prevTick, tick, rules);
    if (verdict.outcome !== 'open') return verdict;
    prevTick = tick;
  }
  return verdict;
}

export const isTouched = ({ stretchFrom }: WindowStep, cell: Band & TimeWindow, tick: IndexTick): boolean =>
  stretchFrom !== undefined && segmentMeetsCell(stretchFrom, tick, cell);

export const voided = (reason: VoidReason, tick: IndexTick): VoidVerdict => ({
  outcome: 'void',
  reason,
  ...decidedBy(tick),
});

/** The verdict of a path kind whose cell the path met. */
export const touched = (kind: BetKind, tick: IndexTick): DecidedVerdict => ({
  outcome: kind === 'touch' ? 'won' : 'lost',
  ...decidedBy(tick),
});

/** The verdict of a path kind whose cell the path never met. */
export function untouched(
  kind: BetKind,
  band: Band,
  { path }: SettlementProgress,
  tick: IndexTick,
): DecidedVerdict {
  const nearMiss = nearMissOf(path, band);
  const outcome = kind === 'touch' ? 'lost' : 'won';
  return { outcome, ...decidedBy(tick), ...(nearMiss && { nearMiss }) };
}

/** The verdict of a kind that looks at the price as of the close. */
export function closedAt(
  kind: BetKind,
  { lowCents, highCents }: Band,
  closeCents: Cents | 'COMPOSITION_JUMP',
  tick: IndexTick,
): DecidedVerdict {
  if (closeCents === 'COMPOSITION_JUMP') return voided(closeCents, tick);
  const isInside =
    (lowCents === null || closeCents >= lowCents) && (highCents === null || closeCents < highCents);
  return { outcome: isInside === (kind === 'inside') ? 'won' : 'lost', ...decidedBy(tick) };
}

const decidedBy = (tick: IndexTick): Decided => ({ decidedSeq: tick.seq, decidedAtMs: tick.atMs });

/** The stretch up to the tick holds the close: after its start, and up to its end. */
function closeCentsOf(
  { closesAtMs }: TimeWindow,
  from: IndexTick,
  tick: IndexTick,
): Cents | 'COMPOSITION_JUMP' | undefined {
  if (tick.compositionJump) return 'COMPOSITION_JUMP';
  // Only after a gap out of the window, which was void already.
  if (from.atMs > closesAtMs) return undefined;
  return priceCentsAt(from, tick, closesAtMs).floor;
}

/** A gap that only ends at the opening, or only starts at the close, hides nothing of the window. */
const gapReachesInto = (window: TimeWindow, prevTick: IndexTick | undefined, tick: IndexTick): boolean =>
  tick.atMs > window.opensAtMs && (prevTick === undefined || prevTick.atMs < window.closesAtMs);

/** The stretch up to a tick has that tick's quality. */
function degradedMsWithin(window: TimeWindow, prevTick: IndexTick | undefined, tick: IndexTick): number {
  if (tick.quality !== 'degraded' || prevTick === undefined) return 0;
  const fromMs = Math.max(prevTick.atMs, window.opensAtMs);
  const toMs = Math.min(tick.atMs, window.closesAtMs);
  return Math.max(0, toMs - fromMs);
}
