/**
 * Coinbase Exchange as a venue: what to subscribe to, and the order book its frames build. Pure: no socket,
 * no clock. The index takes the middle of best bid and best ask; trades are ignored (they can be anything).
 *
 * `level2_batch` is the public channel that changes with the book; `ticker` only speaks when somebody trades.
 * The feed is change-driven, so `heartbeat` (one a second) is what tells a quiet market from a dead line.
 */
import { type Cents, cents } from '../../domain/units.ts';

/**
 * `alive`: the venue speaks of our product. `foreign`: anything else that is well-formed. `rejected`: not a
 * frame. `refused`: the venue says no. `broken`: the book can no longer be trusted; a new snapshot is needed.
 */
export type FrameVerdict = 'alive' | 'foreign' | 'rejected' | 'refused' | 'broken';

/** A wider market than this is no market: the middle could be anywhere. */
const SPREAD_FRACTION_MAX = 0.005;

/** The largest honest frame, a snapshot of every level, has a few million characters. */
const FRAME_CHARS_MAX = 32 * 1024 * 1024;

type Side = Map<number, number>;

export class CoinbaseBook {
  readonly #productId: string;
  readonly #bids: Side = new Map();
  readonly #asks: Side = new Map();
  #hasSnapshot = false;
  #mid: Cents | undefined;
  #isMidCurrent = true;

  constructor(productId: string) {
    this.#productId = productId;
  }

  get subscribeFrame(): string {
    const product_ids = [this.#productId];
    return JSON.stringify({ type: 'subscribe', product_ids, channels: ['level2_batch', 'heartbeat'] });
  }

  /** Takes one text frame. Never throws. */
  accept(frame: unknown): FrameVerdict {
    const message = parseObject(frame);
    if (!message) return 'rejected';
    if (message['type'] === 'error') return 'refused';
    if (message['product_id'] !== this.#productId) return 'foreign';
    switch (message['type']) {
      case 'snapshot':
        return this.#takeSnapshot(message);
      case 'l2update':
        return this.#takeUpdate(message);
      case 'heartbeat':
        return 'alive';
      default:
        return 'foreign';
    }
  }

  /** Middle of best bid and best ask, half a cent up; undefined without a sound two-sided book. */
  midCents(): Cents | undefined {
    if (this.#isMidCurrent) return this.#mid;
    this.#isMidCurrent = true;
    this.#mid = middleCents(highest(this.#bids), lowest(this.#asks));
    return this.#mid;
  }

  /** A new connection knows nothing of the old one's book. */
  clear(): void {
    this.#bids.clear();
    this.#asks.clear();
    this.#hasSnapshot = false;
    this.#mid = undefined;
    this.#isMidCurrent = true;
  }

  #takeSnapshot(message: Record<string, unknown>): FrameVerdict {
    this.clear();
    const { bids, asks } = message;
    if (!Array.isArray(bids) || !Array.isArray(asks)) return 'broken';
    if (!bids.every((level) => setLevel(this.#bids, level))) return 'broken';
    if (!asks.every((level) => setLevel(this.#asks, level))) return 'broken';
    this.#hasSnapshot = true;
    this.#isMidCurrent = false;
    return 'alive';
  }

  #takeUpdate(message: Record<string, unknown>): FrameVerdict {
    const { changes } = message;
    if (!this.#hasSnapshot || !Array.isArray(changes)) return 'broken';
    for (const change of changes) {
      if (!Array.isArray(change)) return 'broken';
      const [side, ...level] = change;
      if (side !== 'buy' && side !== 'sell') return 'broken';
      if (!setLevel(side === 'buy' ? this.#bids : this.#asks, level)) return 'broken';
    }
    this.#isMidCurrent = false;
    return 'alive';
  }
}

/** `[price, size]` as decimal strings; size 0 removes the level. False if it is anything else. */
function setLevel(side: Side, level: unknown): boolean {
  if (!Array.isArray(level)) return false;
  const price = decimal(level[0]);
  const size = decimal(level[1]);
  if (!price || size === undefined) return false;
  if (size === 0) side.delete(price);
  else side.set(price, size);
  return true;
}

/** Plain digits only: `Number` alone takes "", " 1", "0x1", "6e4" and "Infinity" for numbers. */
function decimal(text: unknown): number | undefined {
  return typeof text === 'string' && /^\d{1,12}(\.\d{1,20})?$/.test(text) ? Number(text) : undefined;
}

/** A scan, at most once per tick: cheaper than keeping tens of thousands of levels in order. */
function highest(side: Side): number {
  let best = 0;
  for (const price of side.keys()) if (price > best) best = price;
  return best;
}

function lowest(side: Side): number {
  let best = Number.POSITIVE_INFINITY;
  for (const price of side.keys()) if (price < best) best = price;
  return best;
}

/** 0 and ∞ stand for an empty side. */
function middleCents(bid: number, ask: number): Cents | undefined {
  if (bid === 0 || ask === Number.POSITIVE_INFINITY || bid >= ask) return undefined;
  if (ask - bid > bid * SPREAD_FRACTION_MAX) return undefined;
  const sumCents = Math.round(bid * 100) + Math.round(ask * 100);
  return sumCents > 0 ? cents(Math.ceil(sumCents / 2)) : undefined;
}

function parseObject(frame: unknown): Record<string, unknown> | undefined {
  if (typeof frame !== 'string' || frame.length > FRAME_CHARS_MAX) return undefined;
  try {
    const value: unknown = JSON.parse(frame);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
