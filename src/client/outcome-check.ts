/**
 * A second opinion: the outcome of a bet from nothing but the ticks of `/v1/prices` and the written rules
 * (docs/rules.md). Deliberately shares no line with the code that settles bets, and goes another way about
 * it: every event that could decide is found with its moment, then the earliest is taken. Slow, exact (BigInt
 * rationals).
 *
 * Not derived from ticks: a void by an operator.
 */
import type { BetView, NearMissView } from '../protocol/bet-view.ts';
import type { PriceTick } from './touchline-client.ts';

export type CheckedBet = Pick<BetView, 'kind' | 'opensAtMs' | 'closesAtMs' | 'lowCents' | 'highCents'>;

export interface CheckedOutcome {
  /** `open`: these ticks do not decide it. */
  readonly outcome: 'won' | 'lost' | 'void' | 'open';
  /** The tick with which the outcome was known. */
  readonly seq?: number;
  readonly reason?: 'FEED_GAP' | 'FEED_DEGRADED' | 'COMPOSITION_JUMP';
  /** Of a path that never met its cell. */
  readonly nearMiss?: NearMissView;
}

export interface CheckRules {
  readonly maxGapMs: number;
}

/**
 * Ticks to ask for: enough before the window to see a gap that reaches into it, and the first one after it.
 */
export const ticksNeeded = (
  bet: Pick<CheckedBet, 'opensAtMs' | 'closesAtMs'>,
  rules: CheckRules,
): { fromMs: number; toMs: number } => ({
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
  const first = (holds: (i: number) => boolean): number => {
    const i = ticks.findIndex((_, at) => holds(at));
    return i < 0 ? ticks.length : i;
  };
  const looksAtPath = bet.kind === 'touch' || bet.kind === 'no_touch';
  const gapAt = first((i) => isGap(ticks, i, rules.maxGapMs) && reachesInto(bet, ticks, i));
  const touchAt = looksAtPath ? first((i) => meets(bet, stretch(ticks, i, rules.maxGapMs))) : ticks.length;
  const degradedAt = first((i) => 5 * degradedMsUpTo(bet, ticks, i) > bet.closesAtMs - bet.opensAtMs);
  const endAt = first((i) =>
    looksAtPath ? timeAt(ticks, i) > bet.closesAtMs : timeAt(ticks, i) >= bet.closesAtMs,
  );

  const earliest = Math.min(gapAt, touchAt, degradedAt, endAt);
  const seq = ticks[earliest]?.seq;
  if (seq === undefined) return { outcome: 'open' };
  const decided = (holds: boolean, wins: 'touch' | 'inside'): CheckedOutcome => ({
    outcome: holds === (bet.kind === wins) ? 'won' : 'lost',
    seq,
  });
  if (earliest === gapAt) return { outcome: 'void', seq, reason: 'FEED_GAP' };
  if (earliest === touchAt) return decided(true, 'touch');
  if (earliest === degradedAt) return { outcome: 'void', seq, reason: 'FEED_DEGRADED' };
  if (looksAtPath) {
    const nearMiss = closestApproach(bet, ticks.slice(0, earliest + 1), rules.maxGapMs);
    return { ...decided(false, 'touch'), ...(nearMiss && { nearMiss }) };
  }
  const closing = stretch(ticks, earliest, rules.maxGapMs);
  if (!closing) return { outcome: 'void', seq, reason: 'COMPOSITION_JUMP' };
  return decided(isInside(bet, priceAt(closing, bet.closesAtMs)), 'inside');
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

/** A straight part of the path, or one point of it twice. */
interface Stretch {
  readonly from: PriceTick;
  readonly to: PriceTick;
}

/** What the path is up to tick i; undefined where the price moved only because a venue joined or left. */
function stretch(ticks: readonly PriceTick[], i: number, maxGapMs: number): Stretch | undefined {
  const to = ticks[i];
  if (!to || to.compositionJump) return undefined;
  return { from: (isGap(ticks, i, maxGapMs) ? undefined : ticks[i - 1]) ?? to, to };
}

/**
 * The stretch as a point that travels from u = 0 to u = 1: the values of u at which it is inside the window
 * and those at which it is inside the band are two intervals; it meets the cell iff the three have a common
 * point.
 */
function meets(bet: CheckedBet, part: Stretch | undefined): boolean {
  if (!part || bet.lowCents === null || bet.highCents === null) return false;
  const { from, to } = part;
  const inWindow = travelInside(from.atMs, to.atMs, bet.opensAtMs, bet.closesAtMs);
  const inBand = travelInside(from.priceCents, to.priceCents, bet.lowCents, bet.highCents);
  if (!inWindow || !inBand) return false;
  const enters = [ZERO, inWindow.enters, inBand.enters].reduce((a, b) => (isLess(a, b) ? b : a));
  const leaves = [ONE, inWindow.leaves, inBand.leaves].reduce((a, b) => (isLess(b, a) ? b : a));
  return !isLess(leaves, enters);
}

function priceAt({ from, to }: Stretch, atMs: number): Rational {
  if (from.atMs === to.atMs) return whole(to.priceCents);
  const lengthMs = BigInt(to.atMs - from.atMs);
  const rise = BigInt(to.priceCents) - BigInt(from.priceCents);
  return { top: BigInt(from.priceCents) * lengthMs + rise * BigInt(atMs - from.atMs), bottom: lengthMs };
}

/** Half-open: the low edge is in the band, the high one is not. */
const isInside = ({ lowCents, highCents }: CheckedBet, price: Rational): boolean =>
  (lowCents === null || !isLess(price, whole(lowCents))) &&
  (highCents === null || isLess(price, whole(highCents)));

/** Over the ends of all stretches, clipped to the window; among equals in whole cents, the first. */
function closestApproach(
  bet: CheckedBet,
  ticks: readonly PriceTick[],
  maxGapMs: number,
): NearMissView | undefined {
  let nearest: NearMissView | undefined;
  for (let i = 0; i < ticks.length; i += 1) {
    const part = stretch(ticks, i, maxGapMs);
    if (!part || part.to.atMs < bet.opensAtMs || part.from.atMs > bet.closesAtMs) continue;
    const fromMs = Math.max(part.from.atMs, bet.opensAtMs);
    for (const atMs of [fromMs, Math.min(part.to.atMs, bet.closesAtMs)]) {
      const cents = distanceCents(bet, priceAt(part, atMs));
      const seq = atMs === part.from.atMs ? part.from.seq : part.to.seq;
      if (!nearest || cents < nearest.cents) nearest = { cents, atMs, seq };
    }
  }
  return nearest;
}

/** Rounded up to whole cents. */
function distanceCents({ lowCents, highCents }: CheckedBet, price: Rational): number {
  const above = price.top - BigInt(highCents ?? 0) * price.bottom;
  const below = BigInt(lowCents ?? 0) * price.bottom - price.top;
  const distance = above > 0n ? above : below;
  return Number((distance + price.bottom - 1n) / price.bottom);
}

/** A fraction; the denominator is positive. */
interface Rational {
  readonly top: bigint;
  readonly bottom: bigint;
}
const ZERO: Rational = { top: 0n, bottom: 1n };
const ONE: Rational = { top: 1n, bottom: 1n };

const whole = (cents: number): Rational => ({ top: BigInt(cents), bottom: 1n });

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
