/**
 * One book, watched for ever: keeps its newest quote, and opens it again after every loss with a jittered,
 * growing pause. A book that says nothing sound for too long (silent, crossed, garbage) is cut by itself: a
 * fresh one starts from a fresh snapshot.
 *
 * The quote of a lost book is forgotten at once. Times are of the local monotonic clock.
 */
import type { Clock, Logger, Metrics, Random, Timer } from '../../runtime/index.ts';
import type { OpenQuoteStream, QuoteStream, TopOfBook } from './quote-stream.ts';
import type { BookSpec } from './venue-list.ts';

export interface VenueWatchOptions {
  /** In logs and metrics. */
  readonly name: string;
  readonly book: BookSpec;
  /** Without a sound quote for so long the book is opened anew. */
  readonly silenceMsMax: number;
  readonly open: OpenQuoteStream;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

export interface HeardQuote extends TopOfBook {
  readonly heardMs: number;
}

const RECONNECT_MS_BASE = 500;
/** Venues take a connection every few seconds; a slower return would be a longer gap. */
const RECONNECT_MS_MAX = 10_000;
/** A connection that lived so long was none of the failing ones. */
const STEADY_MS = 10_000;
const WATCHDOG_MS = 1_000;

export class VenueWatch {
  readonly #options: VenueWatchOptions;
  #stream: QuoteStream | undefined;
  /** Tells the calls of the stream at hand from those of one given up. */
  #current: symbol | undefined;
  #quote: HeardQuote | undefined;
  #openedMs = 0;
  #soundMs = 0;
  #failures = 0;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: VenueWatchOptions) {
    this.#options = options;
  }

  /** Undefined: nothing was heard on this connection. */
  get quote(): HeardQuote | undefined {
    return this.#quote;
  }

  start(): void {
    const { book, open, clock } = this.#options;
    this.#openedMs = clock.monotonicMs();
    this.#soundMs = this.#openedMs;
    const id = Symbol(book.exchange);
    this.#current = id;
    this.#stream = open(book, {
      quote: (top) => this.#current === id && this.#take(top),
      lost: (reason) => this.#current === id && this.#lose(reason),
    });
    this.#watch();
  }

  stop(): void {
    this.#isStopped = true;
    this.#abandon();
  }

  #take(top: TopOfBook): void {
    const { clock, metrics, name } = this.#options;
    const heardMs = clock.monotonicMs();
    this.#quote = { ...top, heardMs };
    if (top.bid > 0 && top.bid < top.ask) this.#soundMs = heardMs;
    metrics.count('feed_venue_quotes_total', { venue: name });
    if (top.exchangeMs !== undefined) {
      // Two clocks that nobody keeps together: an estimate, decides nothing.
      metrics.gauge('feed_venue_delay_ms', clock.nowMs() - top.exchangeMs, { venue: name });
    }
  }

  #watch(): void {
    const { clock, silenceMsMax } = this.#options;
    this.#timer = clock.after(WATCHDOG_MS, () => {
      if (clock.monotonicMs() - this.#soundMs >= silenceMsMax) this.#lose('silent');
      else this.#watch();
    });
  }

  #lose(reason: string): void {
    if (this.#isStopped) return;
    this.#abandon();
    const { clock, random, log, metrics, name } = this.#options;
    const wasSteady = this.#soundMs - this.#openedMs >= STEADY_MS;
    this.#failures = wasSteady ? 1 : this.#failures + 1;
    const ceilingMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_BASE * 2 ** (this.#failures - 1));
    const delayMs = ceilingMs * (0.5 + random.fraction() / 2);
    metrics.count('feed_venue_losses_total', { venue: name });
    log.warn({ venue: name, reason, delayMs: Math.round(delayMs) }, 'a venue is lost, connecting again');
    this.#timer = clock.after(delayMs, () => this.start());
  }

  #abandon(): void {
    this.#current = undefined;
    this.#quote = undefined;
    this.#timer?.cancel();
    this.#stream?.close();
    this.#stream = undefined;
  }
}
