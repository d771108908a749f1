/**
 * The price source port: where prices come from. A source says what the price was as of an instant, or that
 * it does not know; it never carries an old price forward beyond its own limit of staleness.
 */
import type { IndexTick, TickQuality } from '../../domain/tick.ts';
import type { Cents } from '../../domain/units.ts';

export interface SourcePrice {
  readonly priceCents: Cents;
  readonly quality: TickQuality;
  readonly venues: number;
}

/** A billion dollars. */
const PRICE_CENTS_MAX = 100_000_000_000;
const VENUES_MAX = 1_000;

/** Whether this can be a price at all: it came from a wire or a file, whatever its type says. */
export const isSound = ({ priceCents, quality, venues }: SourcePrice): boolean =>
  isWhole(priceCents, PRICE_CENTS_MAX) &&
  (quality === 'ok' || quality === 'degraded') &&
  isWhole(venues, VENUES_MAX);

const isWhole = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max;

export interface PriceSource {
  /** `last` is the newest recorded tick: a source that can choose where to go on goes on near it. */
  start(last: IndexTick | null): void;
  /** The price as of `atMs`: about now, never before an earlier call's. Undefined: no tick this instant. */
  priceAt(atMs: number): SourcePrice | undefined;
  stop(): void;
}
