/** Letters the PriceFeed takes. */
import { type Address, address, type Letter } from '../envelope.ts';

/** Every tick of `epoch` up to and including `upToSeq` is in the durable log; the feed may forget them. */
export type TicksAcknowledged = Letter<
  'TicksAcknowledged',
  { readonly epoch: number; readonly upToSeq: number }
>;

export type PriceFeedLetter = TicksAcknowledged;

export const PRICE_FEED: Address<PriceFeedLetter> = address('price-feed');
