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

export interface PriceSource {
  /** `last` is the newest recorded tick: a source that can choose where to go on goes on near it. */
  start(last: IndexTick | null): void;
  /** The price as of `atMs`: about now, never before an earlier call's. Undefined: no tick this instant. */
  priceAt(atMs: number): SourcePrice | undefined;
  stop(): void;
}
