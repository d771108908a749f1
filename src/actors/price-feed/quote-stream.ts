/**
 * The port of one book: quotes come until it is lost, once. Whoever opened it opens another one then; nothing
 * of a lost one, not even its book, is used again.
 */
import type { BookSpec } from './venue-list.ts';

export interface TopOfBook {
  /** As the venue said them: may be anything a number can be. NaN: no such side. */
  readonly bid: number;
  readonly ask: number;
  /** The venue's own time, where it tells one; ms since the Unix epoch. Says nothing of age. */
  readonly exchangeMs?: number;
}

export interface QuoteListener {
  quote(top: TopOfBook): void;
  /** The last call. */
  lost(reason: string): void;
}

export interface QuoteStream {
  /** No call after this one. */
  close(): void;
}

export type OpenQuoteStream = (book: BookSpec, listener: QuoteListener) => QuoteStream;
