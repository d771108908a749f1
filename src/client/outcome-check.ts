/**
 * A second opinion: the outcome of a touch bet from nothing but the ticks of `/v1/prices` and the written
 * rules. Deliberately shares no line with the code that settles bets, and goes another way about it: every
 * event that could decide is found with its moment, then the earliest is taken. Slow, exact (BigInt
 * rationals).
 *
 * Rules: the path is straight between ticks; a bet is won iff it meets the closed rectangle
 * [opensAtMs, closesAtMs] × [lowCents, highCents]; a gap of more than maxGapMs that reaches into the window
 * voids, and so does more than a fifth of the window on degraded ticks (a stretch has the quality of the tick
 * that ends it), unless it was won before; otherwise it is lost at the first tick after the window.
 */
import type { BetView } from '../protocol/bet-view.ts';
import type { PriceTick } from './touchline-client.ts';

export type CheckedBet = Pick<BetView, 'opensAtMs' | 'closesAtMs' | 'lowCents' | 'highCents'>;

export interface CheckedOutcome {
  /** `open`: these ticks do not decide it. */
  readonly outcome: 'won' | 'lost' | 'void' | 'open';
  /** The tick with which the outcome was known. */
  readonly seq?: number;
  readonly reason?: 'FEED_GAP' | 'FEED_DEGRADED';
}

export interface CheckRules {
  readonly maxGapMs: number;
}

/**
 * Ticks to ask for: enough before the window to see a gap that reaches into it, and the first one after it.
 */
export const ticksNeeded = (bet: CheckedBet, rules: CheckRules): { fromMs: number; toMs: number } => ({
  fromMs: bet.opensAtMs - rules.maxGapMs,
  toMs: bet.closesAtMs + rules.maxGapMs,
});

/** `ticks` must be every recorded tick from `ticksNeeded(...).fromMs` on, oldest first. */
export function checkOutcome(
  bet: CheckedBet,
  ticks: readonly PriceTick[],
  rules: CheckRules,
): CheckedOutcome {
  assertDense(ticks);
  const never = ticks.length;
  const first = (holds: (i: number) => boolean): number => {
    const i = ticks.findIndex((_, at) => holds(at));
    return i < 0 ? never : i;
  };
  const gapAt = first((i) => isGap(ticks, i, rules.maxGapMs) && reachesInto(bet, ticks, i));
  const touchAt = first((i) =>
    meets(bet, isGap(ticks, i, rules.maxGapMs) ? undefined : ticks[i - 1], ticks[i]),
  );
  const degradedAt = first((i) => 5 * degradedMsUpTo(bet, ticks, i) > bet.closesAtMs - bet.opensAtMs);
  const overAt = first((i) => timeAt(ticks, i) > bet.closesAtMs);

  const earliest = Math.min(gapAt, touchAt, degradedAt, overAt);
  const seq = ticks[earliest]?.seq;
  if (seq === undefined) return { outcome: 'open' };
  if (earliest === gapAt) return { outcome: 'void', seq, reason: 'FEED_GAP' };
  if (earliest === touchAt) return { outcome: 'won', seq };
  if (earliest === degradedAt) return { outcome: 'void', seq, reason: 'FEED_DEGRADED' };
  return { outcome: 'lost', seq };
}

function assertDense(ticks: readonly PriceTick[]): void {
  for (const [i, tick] of ticks.entries()) {
    const before = ticks[i - 1];
    if (before && (tick.seq !== before.seq + 1 || tick.atMs <= before.atMs)) {
      throw new RangeError(`ticks are not dense: seq ${before.seq} is followed by ${tick.seq}`);
    }
  }
}

const timeAt = (ticks: readonly PriceTick[], i: number): number => ticks[i]?.atMs ?? Number.NEGATIVE_INFINITY;

/** Is the stretch that ends at tick i unknown? Nothing is known of the time before the first tick. */
const isGap = (ticks: readonly PriceTick[], i: number, maxGapMs: number): boolean =>
  timeAt(ticks, i) - timeAt(ticks, i - 1) > maxGapMs;

/** Does the stretch that ends at tick i share more than a border with the window? */
const reachesInto = (bet: CheckedBet, ticks: readonly PriceTick[], i: number): boolean =>
  timeAt(ticks, i) > bet.opensAtMs && timeAt(ticks, i - 1) < bet.closesAtMs;

function degradedMsUpTo(bet: CheckedBet, ticks: readonly PriceTick[], last: number): number {
  let sumMs = 0;
  for (let i = 1; i <= last; i += 1) {
    if (ticks[i]?.quality !== 'degraded') continue;
    const fromMs = Math.max(timeAt(ticks, i - 1), bet.opensAtMs);
    const toMs = Math.min(timeAt(ticks, i), bet.closesAtMs);
    if (toMs > fromMs) sumMs += toMs - fromMs;
  }
  return sumMs;
}

/**
 * The stretch as a point that travels from u = 0 to u = 1: the values of u at which it is inside the window
 * and
 * those at which it is inside the band are two intervals; it meets the cell iff the three have a common
 * point.
 */
function meets(bet: CheckedBet, from: PriceTick | undefined, to: PriceTick | undefined): boolean {
  if (!to) return false;
  const start = from ?? to;
  const inWindow = travelInside(start.atMs, to.atMs, bet.opensAtMs, bet.closesAtMs);
  const inBand = travelInside(start.priceCents, to.priceCents, bet.lowCents, bet.highCents);
  if (!inWindow || !inBand) return false;
  const enters = [ZERO, inWindow.enters, inBand.enters].reduce((a, b) => (isLess(a, b) ? b : a));
  const leaves = [ONE, inWindow.leaves, inBand.leaves].reduce((a, b) => (isLess(b, a) ? b : a));
  return !isLess(leaves, enters);
}

/** A fraction; the denominator is positive. */
interface Rational {
  readonly top: bigint;
  readonly bottom: bigint;
}
const ZERO: Rational = { top: 0n, bottom: 1n };
const ONE: Rational = { top: 1n, bottom: 1n };

const isLess = (a: Rational, b: Rational): boolean => a.top * b.bottom < b.top * a.bottom;

const fraction = (top: bigint, bottom: bigint): Rational =>
  bottom < 0n ? { top: -top, bottom: -bottom } : { top, bottom };

/** Where low ≤ start + u·(end − start) ≤ high, over all u; undefined if nowhere. */
function travelInside(
  start: number,
  end: number,
  low: number,
  high: number,
): { enters: Rational; leaves: Rational } | undefined {
  const step = BigInt(end) - BigInt(start);
  const toLow = BigInt(low) - BigInt(start);
  const toHigh = BigInt(high) - BigInt(start);
  if (step === 0n) return toLow <= 0n && toHigh >= 0n ? { enters: ZERO, leaves: ONE } : undefined;
  const [a, b] = [fraction(toLow, step), fraction(toHigh, step)];
  return isLess(a, b) ? { enters: a, leaves: b } : { enters: b, leaves: a };
}
