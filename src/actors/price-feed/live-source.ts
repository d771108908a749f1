/**
 * Live prices from one venue's WebSocket feed (Coinbase Exchange): connects, subscribes, keeps the book, and
 * comes back after every loss with a jittered, growing pause.
 *
 * A price counts while the venue was heard of our product within STALE_MS of the local monotonic clock; the
 * venue's own times are never compared with ours. A silent line is cut by a watchdog. With one venue there is
 * no quorum: whoever runs this trusts that venue, and every tick says `venues: 1`.
 */
import type { Clock, Logger, Metrics, Random, Timer } from '../../runtime/index.ts';
import { CoinbaseBook } from './coinbase-book.ts';
import type { PriceSource } from './price-source.ts';

export interface LiveSourceOptions {
  /** `wss://…` of the venue's public feed. */
  readonly url: string;
  readonly productId?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const PRODUCT_ID_DEFAULT = 'BTC-USD';
const STALE_MS = 2_000;
/** The venue sends a heartbeat a second; a connection that says nothing for this long is dead. */
const SILENCE_MS_MAX = 5_000;
const RECONNECT_MS_BASE = 500;
const RECONNECT_MS_MAX = 30_000;

export function liveSource(options: LiveSourceOptions): PriceSource {
  const { clock } = options;
  const book = new CoinbaseBook(options.productId ?? PRODUCT_ID_DEFAULT);
  let connection: VenueConnection | undefined;
  let heardMs = Number.NEGATIVE_INFINITY;
  return {
    start() {
      connection = new VenueConnection(options, book, () => {
        heardMs = clock.monotonicMs();
      });
      connection.open();
    },
    priceAt() {
      if (clock.monotonicMs() - heardMs > STALE_MS) return undefined;
      const priceCents = book.midCents();
      return priceCents === undefined ? undefined : { priceCents, quality: 'ok', venues: 1 };
    },
    stop() {
      connection?.close();
      connection = undefined;
    },
  };
}

class VenueConnection {
  readonly #options: LiveSourceOptions;
  readonly #book: CoinbaseBook;
  readonly #onAlive: () => void;
  #socket: WebSocket | undefined;
  #watchdog: Timer | undefined;
  #reconnect: Timer | undefined;
  #failures = 0;
  #isClosed = false;

  constructor(options: LiveSourceOptions, book: CoinbaseBook, onAlive: () => void) {
    this.#options = options;
    this.#book = book;
    this.#onAlive = onAlive;
  }

  open(): void {
    const socket = new WebSocket(this.#options.url);
    this.#socket = socket;
    this.#book.clear();
    this.#feedWatchdog();
    socket.onopen = () => socket.send(this.#book.subscribeFrame);
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = ({ code }) => this.#lose(`closed with code ${code}`);
    socket.onerror = () => this.#lose('connection error');
  }

  close(): void {
    this.#isClosed = true;
    this.#abandon();
    this.#reconnect?.cancel();
  }

  #take(data: unknown): void {
    const verdict = this.#book.accept(data);
    this.#options.metrics.count('feed_venue_frames_total', { verdict });
    switch (verdict) {
      case 'alive':
        this.#failures = 0;
        this.#feedWatchdog();
        this.#onAlive();
        return;
      case 'foreign':
        return;
      case 'rejected':
        this.#options.log.debug('a frame of the venue is not JSON: ignored');
        return;
      case 'refused':
      case 'broken':
        this.#lose(`frame ${verdict}`);
        return;
      default:
        verdict satisfies never;
    }
  }

  /** Gives up this connection and, unless closed on purpose, sets the time of the next. */
  #lose(reason: string): void {
    if (this.#isClosed || !this.#socket) return;
    this.#abandon();
    this.#failures += 1;
    const { clock, random, log, metrics } = this.#options;
    const ceilingMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_BASE * 2 ** (this.#failures - 1));
    const delayMs = ceilingMs * (0.5 + random.fraction() / 2);
    metrics.count('feed_venue_losses_total');
    log.warn({ reason, delayMs: Math.round(delayMs) }, 'the venue is lost, connecting again');
    this.#reconnect = clock.after(delayMs, () => this.open());
  }

  /** The socket's later events concern nobody, and its book is worth nothing. */
  #abandon(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#watchdog?.cancel();
    this.#book.clear();
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = () => {};
    socket.close();
  }

  #feedWatchdog(): void {
    this.#watchdog?.cancel();
    this.#watchdog = this.#options.clock.after(SILENCE_MS_MAX, () => this.#lose('silent'));
  }
}
