/**
 * A made-up market: a geometric random walk whose volatility is itself random and comes in clusters. The
 * price is a pure function of (seed, instant): two runs, or two processes, with one seed draw one line, and
 * a restart goes on with it.
 *
 * How any instant is reached without walking there: time is cut into blocks of about three hours; the log
 * price at the joints is drawn for each joint by itself (so the price never wanders off), and a block is
 * refined by halving, as Lévy built Brownian motion. Each halving first splits the block's variance unevenly
 * between the halves (a multiplicative cascade, drawn too) and then places the midpoint with the conditional
 * mean and variance that fit the split. The result is Brownian motion run by a clock of random speed.
 */
import { cents } from '../../domain/units.ts';
import { seededRandom } from '../../runtime/index.ts';
import type { PriceSource } from './price-source.ts';

const MIDDLE_PRICE_CENTS = 6_000_000;
/** About 60 % a year. */
const SIGMA_PER_SQRT_SECOND = 1.07e-4;
const STEP_MS = 10;
const LEVELS = 20;
const BLOCK_MS = STEP_MS * 2 ** LEVELS;
const BLOCK_VARIANCE = SIGMA_PER_SQRT_SECOND ** 2 * (BLOCK_MS / 1_000);
/** A half gets 30 % to 70 % of the variance; over 20 halvings, volatility ranges over about 1 : 10. */
const SPLIT_RANGE = 0.4;
const JOINT = -1;

export function syntheticSource(seed: number): PriceSource {
  return {
    start() {},
    priceAt: (atMs) => ({
      priceCents: syntheticPriceCents(seed, atMs),
      quality: 'ok',
      venues: 1,
      venueMask: 1,
      compositionJump: false,
    }),
    stop() {},
  };
}

function syntheticPriceCents(seed: number, atMs: number) {
  const block = Math.floor(atMs / BLOCK_MS);
  let step = Math.floor((atMs - block * BLOCK_MS) / STEP_MS);
  let left = jointLogPrice(seed, block);
  let right = jointLogPrice(seed, block + 1);
  let variance = BLOCK_VARIANCE;
  let node = 1;
  for (let level = 1; level <= LEVELS; level++) {
    const random = seededRandom(fold(seed, block, node));
    const share = 0.5 + (random.fraction() - 0.5) * SPLIT_RANGE;
    const deviation = Math.sqrt(variance * share * (1 - share));
    const middle = left + share * (right - left) + deviation * normal(random.fraction(), random.fraction());
    const half = 2 ** (LEVELS - level);
    const isRight = step >= half;
    if (isRight) left = middle;
    else right = middle;
    variance *= isRight ? 1 - share : share;
    step -= isRight ? half : 0;
    node = 2 * node + (isRight ? 1 : 0);
  }
  return cents(Math.max(1, Math.round(MIDDLE_PRICE_CENTS * Math.exp(left))));
}

/** Joints of variance V / 2 each differ by V, as the ends of a walk through the block do. */
function jointLogPrice(seed: number, block: number): number {
  const random = seededRandom(fold(seed, block, JOINT));
  return Math.sqrt(BLOCK_VARIANCE / 2) * normal(random.fraction(), random.fraction());
}

/** Box–Muller, one of the pair. */
const normal = (u: number, v: number): number => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);

/** One 32-bit seed out of several numbers; the mixing step is Murmur3's. */
function fold(...parts: readonly number[]): number {
  let hash = 0;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash;
}
