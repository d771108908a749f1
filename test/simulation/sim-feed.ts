/** The market: a random walk in cents with gaps, degraded stretches and jumps when the world says so. */
import type { PriceSource, SourcePrice } from '../../src/actors/price-feed/price-source.ts';
import { cents } from '../../src/domain/units.ts';
import { Dice } from './dice.ts';
import type { Plan } from './plan.ts';
import type { SimClock } from './sim-clock.ts';

const START_CENTS = 6_000_000;
const LOWEST_CENTS = 100_000;
const STEP_SECONDS = 0.1;

export class SimFeed {
  /** Until these monotonic instants the source has no price, or a degraded one. */
  silentUntilMs = 0;
  degradedUntilMs = 0;
  /** The next price is one that only a venue made, by coming or going. */
  #isComposed = false;
  readonly #clock: SimClock;
  readonly #dice: Dice;
  readonly #sigma: number;
  #priceCents = START_CENTS;

  readonly #stepCents: number;

  constructor(
    seed: number,
    { sigmaPerSqrtSecond, priceStepCents }: Pick<Plan, 'sigmaPerSqrtSecond' | 'priceStepCents'>,
    clock: SimClock,
  ) {
    this.#stepCents = priceStepCents;
    this.#dice = new Dice(seed, 'feed');
    this.#sigma = sigmaPerSqrtSecond;
    this.#clock = clock;
  }

  source(): PriceSource {
    return { start: () => {}, priceAt: () => this.#price(), stop: () => {} };
  }

  jump(byFraction: number): void {
    this.#priceCents = Math.max(LOWEST_CENTS, Math.round(this.#priceCents * (1 + byFraction)));
  }

  compose(byFraction: number): void {
    this.jump(byFraction);
    this.#isComposed = true;
  }

  #price(): SourcePrice | undefined {
    this.jump(this.#sigma * Math.sqrt(STEP_SECONDS) * this.#normal());
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.silentUntilMs) return undefined;
    const isDegraded = nowMs < this.degradedUntilMs;
    const quality = isDegraded ? 'degraded' : 'ok';
    const compositionJump = this.#isComposed;
    this.#isComposed = false;
    const priceCents = cents(Math.round(this.#priceCents / this.#stepCents) * this.#stepCents);
    return { priceCents, quality, venues: 1, venueMask: 1, compositionJump };
  }

  /** Twelve uniform draws, near enough. */
  #normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += this.#dice.fraction();
    return sum;
  }
}
