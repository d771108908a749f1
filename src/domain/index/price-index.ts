/**
 * The price index: many venues' quotes → one price, or none. A pure function of the quotes and the time.
 *
 * One step: each venue's middle, or why it has none; a gate against the median of the others; the weighted
 * median of those who are in. Three or more in: `ok`. Two: `degraded`. Fewer: no price at all, and nothing is
 * carried forward. A lone venue that has gone mad cannot move the price outside the range of the others, nor
 * put them out while they agree; two that disagree are both out.
 *
 * The index itself is never smoothed or limited: that would hide moves that happened.
 */
import type { IndexTick, TickQuality } from '../tick.ts';
import { type Cents, cents } from '../units.ts';
import { DEFAULT_INDEX_RULES, type IndexRules, VENUES_DEGRADED, VENUES_OK } from './index-rules.ts';
import { type VenueMid, type VenueOutReason, type VenueQuote, venueMid } from './venue-quote.ts';
import { cappedWeights, median, weightedMedian } from './weighted-median.ts';

export interface IndexPoint {
  readonly priceCents: Cents;
  readonly quality: TickQuality;
  readonly venues: number;
  readonly venueMask: number;
  readonly compositionJump: boolean;
}

/** Of one venue at one step. */
export interface VenueStanding {
  /** Undefined: it is in. */
  readonly out: VenueOutReason | undefined;
  /** Undefined: never heard. */
  readonly ageMs: number | undefined;
}

export interface IndexState {
  /** Bit i: venue i was put out by the gate and has not come close enough since. */
  readonly deviatedMask: number;
  readonly last: LastPoint | undefined;
  readonly variancePerSecond: number;
}

interface LastPoint {
  readonly priceCents: number;
  readonly venueMask: number;
  /** Undefined: made in an earlier life. */
  readonly monotonicMs: number | undefined;
  /** By venue; undefined where it had no part. */
  readonly midCents: readonly (number | undefined)[];
}

export interface IndexStep {
  readonly state: IndexState;
  /** Undefined: no quorum, no price. */
  readonly point: IndexPoint | undefined;
  readonly venues: readonly VenueStanding[];
}

/** Goes on after `last`, the newest recorded tick, of which no venue's own price is known any more. */
export const indexAfter = (last: Pick<IndexTick, 'priceCents' | 'venueMask'> | null): IndexState => ({
  deviatedMask: 0,
  last: last
    ? { priceCents: last.priceCents, venueMask: last.venueMask, monotonicMs: undefined, midCents: [] }
    : undefined,
  variancePerSecond: 0,
});

/** `quotes[i]` is venue i's; at most VENUES_MAX. `nowMs`: the local monotonic clock; never goes back. */
export function stepIndex(
  state: IndexState,
  quotes: readonly (VenueQuote | undefined)[],
  nowMs: number,
  rules: IndexRules = DEFAULT_INDEX_RULES,
): IndexStep {
  const mids = quotes.map((quote) => venueMid(quote, nowMs, rules));
  const gated = applyGate(mids, state, rules);
  const isIn = gated.map(({ out }) => out === undefined);
  const priceCents = priceOf(gated, mids, quotes, rules);
  const venues = quotes.map(
    (quote, i): VenueStanding => ({
      out: gated[i]?.out,
      ageMs: quote && nowMs - quote.heardMs,
    }),
  );
  const deviatedMask = maskOf(gated.map((mid, i) => staysDeviated(mid, i, state)));
  if (priceCents === undefined) return { state: { ...state, deviatedMask }, point: undefined, venues };
  const midCents = gated.map((mid) => midOf(mid));
  const next: LastPoint = { priceCents, venueMask: maskOf(isIn), monotonicMs: nowMs, midCents };
  const count = isIn.filter(Boolean).length;
  const compositionJump = isCompositionJump(state.last, next, rules);
  return {
    state: {
      deviatedMask,
      last: next,
      variancePerSecond: compositionJump ? state.variancePerSecond : nextVariance(state, next, rules),
    },
    point: {
      priceCents: cents(priceCents),
      quality: count >= VENUES_OK ? 'ok' : 'degraded',
      venues: count,
      venueMask: next.venueMask,
      compositionJump,
    },
    venues,
  };
}

/** Who is too far from the others is out; of two that disagree, both. */
function applyGate(mids: readonly VenueMid[], state: IndexState, rules: IndexRules): readonly VenueMid[] {
  const { gateSigmas, gateFraction, gateFractionMax, reentryShare } = rules;
  const sigma = Math.sqrt(state.variancePerSecond);
  const gate = Math.min(gateFractionMax, Math.max(gateFraction, gateSigmas * sigma));
  const gated = mids.map((mid, i): VenueMid => {
    if (mid.out !== undefined) return mid;
    const distance = distanceFromMedian(mid.midCents, othersOf(mids, i));
    const limit = hasBit(state.deviatedMask, i) ? gate * reentryShare : gate;
    // Alone, nobody can tell: it stays what it was.
    const isOut = distance === undefined ? hasBit(state.deviatedMask, i) : distance > limit;
    return isOut ? { out: 'deviated' } : mid;
  });
  const inside = gated.map(midOf).filter((mid) => mid !== undefined);
  const [a = 0, b = 0] = inside;
  const isSplit = inside.length === VENUES_DEGRADED && Math.abs(a - b) > gate * Math.min(a, b);
  return isSplit ? gated.map((mid) => (mid.out === undefined ? { out: 'deviated' } : mid)) : gated;
}

/**
 * As a fraction of it. Of an even number of others the median is a whole range, and inside it the distance
 * is 0: with their average instead, one mad venue of three would put the two good ones out.
 */
function distanceFromMedian(midCents: number, others: readonly number[]): number | undefined {
  const range = median(others);
  if (!range) return undefined;
  if (midCents < range.low) return (range.low - midCents) / range.low;
  if (midCents > range.high) return (midCents - range.high) / range.high;
  return 0;
}

/** Out by the gate now, or unheard since the gate put it out. */
const staysDeviated = (mid: VenueMid, venue: number, { deviatedMask }: IndexState): boolean =>
  mid.out === 'deviated' || (mid.out !== undefined && hasBit(deviatedMask, venue));

/** In whole cents, half a cent up; undefined without quorum. */
function priceOf(
  gated: readonly VenueMid[],
  mids: readonly VenueMid[],
  quotes: readonly (VenueQuote | undefined)[],
  rules: IndexRules,
): number | undefined {
  const inside = gated.flatMap((mid, i) =>
    mid.out === undefined
      ? [{ value: clampToOthers(mid.midCents, othersOf(mids, i)), weight: quotes[i]?.weight ?? 1 }]
      : [],
  );
  if (inside.length < VENUES_DEGRADED) return undefined;
  const weights = cappedWeights(
    inside.map(({ weight }) => weight),
    rules.weightShareMax,
  );
  const range = weightedMedian(inside.map(({ value }, i) => ({ value, weight: weights[i] ?? 1 })));
  return range && Math.round((range.low + range.high) / 2);
}

/**
 * What a venue counts for is never beyond all the others with a price, in or out. So in the worst case of
 * three, where one of them sides with a second against the third, it still cannot pull the price away.
 */
function clampToOthers(midCents: number, others: readonly number[]): number {
  if (others.length < 2) return midCents;
  return Math.min(Math.max(midCents, Math.min(...others)), Math.max(...others));
}

const othersOf = (mids: readonly VenueMid[], venue: number): number[] =>
  mids.flatMap((mid, i) => (i === venue || mid.out !== undefined ? [] : [mid.midCents]));

/**
 * The index moved, the set of venues changed, and no venue that was in both times moved nearly as much (at
 * most jumpFraction, or half of it): the move is the change of venues, not of the price.
 */
function isCompositionJump(
  last: LastPoint | undefined,
  next: LastPoint,
  { jumpFraction }: IndexRules,
): boolean {
  if (!last || last.venueMask === next.venueMask) return false;
  const move = Math.abs(next.priceCents / last.priceCents - 1);
  if (move <= jumpFraction) return false;
  const venueMoves = next.midCents.map((now, i) => {
    const before = last.midCents[i];
    return now === undefined || before === undefined ? 0 : Math.abs(now / before - 1);
  });
  return Math.max(0, ...venueMoves) <= Math.max(jumpFraction, move / 2);
}

/** Exponentially weighted squared moves per second. */
function nextVariance({ last, variancePerSecond }: IndexState, next: LastPoint, rules: IndexRules): number {
  const elapsedMs = (next.monotonicMs ?? 0) - (last?.monotonicMs ?? Number.POSITIVE_INFINITY);
  if (!last || !(elapsedMs > 0)) return variancePerSecond;
  const kept = 2 ** (-elapsedMs / rules.sigmaHalfLifeMs);
  const move = Math.log(next.priceCents / last.priceCents);
  return kept * variancePerSecond + ((1 - kept) * move * move * 1_000) / elapsedMs;
}

const midOf = (mid: VenueMid): number | undefined => (mid.out === undefined ? mid.midCents : undefined);
const maskOf = (flags: readonly boolean[]): number =>
  flags.reduce((mask, flag, i) => mask + (flag ? 2 ** i : 0), 0);
const hasBit = (mask: number, i: number): boolean => Math.floor(mask / 2 ** i) % 2 === 1;
