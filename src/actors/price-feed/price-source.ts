/**
 * The price source port: where prices come from. A source says what the price was as of an instant, or that
 * it does not know; it never carries an old price forward beyond its own limit of staleness.
 */
import { type IndexTick, type TickQuality, VENUE_MASK_MAX, VENUES_MAX } from '../../domain/tick.ts';
import type { Cents } from '../../domain/units.ts';
import type { VenueReport } from '../../protocol/signals.ts';

export interface SourcePrice {
  readonly priceCents: Cents;
  readonly quality: TickQuality;
  readonly venues: number;
  /** As of IndexTick. */
  readonly venueMask: number;
  readonly compositionJump: boolean;
}

/** A billion dollars. */
const PRICE_CENTS_MAX = 100_000_000_000;

/** Whether this can be a price at all: it came from a wire or a file, whatever its type says. */
export const isSound = ({ priceCents, quality, ...by }: SourcePrice): boolean =>
  isWhole(priceCents, PRICE_CENTS_MAX) &&
  (quality === 'ok' || quality === 'degraded') &&
  isWhole(by.venues, VENUES_MAX) &&
  isWhole(by.venueMask, VENUE_MASK_MAX) &&
  typeof by.compositionJump === 'boolean';

const isWhole = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 1 && value <= max;

export interface PriceSource {
  /** `last` is the newest recorded tick: a source that can choose where to go on goes on near it. */
  start(last: IndexTick | null): void;
  /** The price as of `atMs`: about now, never before an earlier call's. Undefined: no tick this instant. */
  priceAt(atMs: number): SourcePrice | undefined;
  /** How each venue of the last price stood, in the order of `venueMask`; where there are venues. */
  venues?(): readonly VenueReport[];
  stop(): void;
}
