/**
 * The PriceFeed: makes one index tick per raster instant, shows it to everybody, and sends it to be recorded.
 *
 * Invariants: `seq` goes on from the log without a hole; `atMs` is the raster instant and strictly
 * increasing; an instant that was missed, or for which the source has no sound price, has no tick (never a
 * late or a carried one). A turn never waits for Redis: a slow store must not become a gap in the line.
 * A feed whose epoch is superseded ends at once, loudly: two feeds must never both speak.
 * Not promised: a tick shown but never recorded (its letter lost, then this actor) is made anew with another
 * price under the same seq; only recorded ticks settle anything.
 */
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { HISTORY_WRITER } from '../../protocol/letters/history-writer.ts';
import {
  PRICE_FEED,
  type PriceFeedLetter,
  type TicksAcknowledged,
} from '../../protocol/letters/price-feed.ts';
import { type FeedLife, feedSignals, type PublishedTick, priceSignals } from '../../protocol/signals.ts';
import { type ActorContext, type ActorDefinition, defineActor } from '../../runtime/index.ts';
import type { LatestPriceStore } from './latest-price-store.ts';
import { isSound, type PriceSource, type SourcePrice } from './price-source.ts';
import { UnacknowledgedTicks } from './unacknowledged-ticks.ts';

export interface PriceFeedSettings {
  /** Distance of the raster instants. */
  readonly tickMs: number;
  /** Two ticks further apart than this are a feed gap. */
  readonly maxGapMs: number;
}

export interface PriceFeedOptions {
  readonly source: PriceSource;
  readonly latestPrice: LatestPriceStore;
  readonly settings: PriceFeedSettings;
}

/** What the feed may write; exists from the answer to OpenFeed on. */
interface OpenedFeed {
  readonly epoch: number;
  readonly unacknowledged: UnacknowledgedTicks;
  readonly life: FeedLife;
  lastSeq: number;
  lastAtMs: number;
  /** When the last tick was made, by the clock that nobody can set. */
  lastMadeMs: number;
}

export interface PriceFeedState {
  opened: OpenedFeed | undefined;
}

const OPEN_DEADLINE_MS = 1_000;
const OPEN_RETRY_MS = 500;
const TICKS_PER_LETTER_MAX = 100;

const FEED_STATE_MS = 1_000;

const CHANNEL = priceSignals(SYMBOL);
const FEED_CHANNEL = feedSignals(SYMBOL);

export const priceFeedActor = (options: PriceFeedOptions): ActorDefinition<PriceFeedLetter, PriceFeedState> =>
  defineActor<PriceFeedLetter, PriceFeedState>({
    name: PRICE_FEED.name,

    /** Opens in a turn of its own: a HistoryWriter that is away delays the first tick, not the start. */
    start(context) {
      const state: PriceFeedState = { opened: undefined };
      context.after(0, () => open(state, options, context));
      return state;
    },

    receive(state, letters, context) {
      for (const letter of letters) {
        switch (letter.type) {
          case 'TicksAcknowledged':
            acknowledge(state, letter, context);
            break;
          default:
            letter.type satisfies never;
        }
      }
    },

    stop() {
      options.source.stop();
    },
  });

async function open(state: PriceFeedState, options: PriceFeedOptions, context: ActorContext): Promise<void> {
  const letter = { type: 'OpenFeed', body: {} } as const;
  const result = await context.ask(HISTORY_WRITER, letter, { deadlineMs: OPEN_DEADLINE_MS });
  if (!result.ok) {
    context.log.warn({ code: result.code }, 'the tick log does not answer: trying again');
    context.after(OPEN_RETRY_MS, () => open(state, options, context));
    return;
  }
  const { epoch, last } = result.reply;
  const shown = await options.latestPrice.get().catch(() => undefined);
  state.opened = {
    epoch,
    unacknowledged: new UnacknowledgedTicks(),
    life: lifeAfter(last, shown) ?? {
      id: `${epoch}-${context.clock.nowMs()}`,
      fromSeq: (last?.seq ?? 0) + 1,
    },
    lastSeq: last?.seq ?? 0,
    lastAtMs: last?.atMs ?? 0,
    lastMadeMs: madeMs(last, context),
  };
  const opened = state.opened;
  options.source.start(last);
  context.log.info({ epoch, lastSeq: opened.lastSeq }, 'feed open');
  context.every(options.settings.tickMs, () => tickTurn(opened, options, context));
  if (options.source.venues) context.every(FEED_STATE_MS, () => showVenues(options.source, context));
}

/** If what was shown is what was recorded, nothing is taken back: the numbering goes on under its name. */
function lifeAfter(last: IndexTick | null, shown: PublishedTick | undefined): FeedLife | undefined {
  const isWhole = last !== null && shown?.seq === last.seq && shown.atMs === last.atMs;
  return isWhole ? shown.feed : undefined;
}

function showVenues(source: PriceSource, context: ActorContext): void {
  const venues = source.venues?.() ?? [];
  context.publish(FEED_CHANNEL, { symbol: SYMBOL, atMs: context.clock.nowMs(), venues });
}

/** Of a log ahead of the wall clock, which was set back, nobody knows how old the last tick is. */
function madeMs(last: IndexTick | null, { clock }: ActorContext): number {
  const isAhead = last !== null && last.atMs > clock.nowMs();
  return isAhead ? Number.NEGATIVE_INFINITY : clock.monotonicMs();
}

function tickTurn(feed: OpenedFeed, options: PriceFeedOptions, context: ActorContext): void {
  const { tickMs } = options.settings;
  const atMs = Math.floor(context.clock.nowMs() / tickMs) * tickMs;
  const price = priceFor(feed, atMs, options, context);
  if (price) publish(feed, nextTick(feed, atMs, price), options, context);
  resend(feed, context);
  context.metrics.gauge('feed_unacknowledged_ticks', feed.unacknowledged.size);
}

/** Undefined: this instant gets no tick, for a counted reason. */
function priceFor(
  feed: OpenedFeed,
  atMs: number,
  { source, settings: { maxGapMs } }: PriceFeedOptions,
  { clock, metrics }: ActorContext,
): SourcePrice | undefined {
  // A timer may fire a hair early, and the wall clock may be set back.
  if (atMs <= feed.lastAtMs) return skipped('instant_passed', metrics);
  // Then the time until it caught up is missing from the line: the gap it was must be one on the line too.
  const isGap = clock.monotonicMs() - feed.lastMadeMs > maxGapMs;
  if (isGap && atMs - feed.lastAtMs <= maxGapMs) return skipped('clock_set_back', metrics);
  if (feed.unacknowledged.isFull) return skipped('log_away', metrics);
  const price = source.priceAt(atMs);
  if (!price) return skipped('no_price', metrics);
  return isSound(price) ? price : skipped('garbage_price', metrics);
}

function skipped(reason: string, metrics: ActorContext['metrics']): undefined {
  metrics.count('feed_instants_skipped_total', { reason });
}

function nextTick(feed: OpenedFeed, atMs: number, price: SourcePrice): IndexTick {
  const { priceCents, quality, venues, venueMask, compositionJump } = price;
  const seq = feed.lastSeq + 1;
  return { symbol: SYMBOL, seq, atMs, priceCents, quality, venues, venueMask, compositionJump };
}

function publish(
  feed: OpenedFeed,
  tick: IndexTick,
  { latestPrice }: PriceFeedOptions,
  context: ActorContext,
): void {
  feed.lastSeq = tick.seq;
  feed.lastAtMs = tick.atMs;
  feed.lastMadeMs = context.clock.monotonicMs();
  feed.unacknowledged.add(tick, context.clock.monotonicMs());
  const published = { ...tick, feed: feed.life };
  context.publish(CHANNEL, published);
  sendTicks(feed, [tick], context);
  latestPrice.put(published).catch(() => context.metrics.count('feed_latest_price_failures_total'));
  context.metrics.count('feed_ticks_total');
}

function resend(feed: OpenedFeed, context: ActorContext): void {
  const due = feed.unacknowledged.takeDue(context.clock.monotonicMs());
  if (due.length === 0) return;
  context.metrics.count('feed_ticks_resent_total', {}, due.length);
  context.log.warn({ ticks: due.length, fromSeq: due[0]?.seq }, 'ticks are not acknowledged: sending again');
  for (let from = 0; from < due.length; from += TICKS_PER_LETTER_MAX) {
    sendTicks(feed, due.slice(from, from + TICKS_PER_LETTER_MAX), context);
  }
}

/** Not waited for: whatever does not arrive is not acknowledged, and comes again. */
function sendTicks(feed: OpenedFeed, ticks: readonly IndexTick[], context: ActorContext): void {
  const letter = { type: 'TicksPublished', body: { epoch: feed.epoch, ticks } } as const;
  void context.send(HISTORY_WRITER, letter).then((result) => {
    if (result !== 'posted') context.metrics.count('feed_letters_unsent_total', { result });
  });
}

function acknowledge(state: PriceFeedState, { body }: TicksAcknowledged, context: ActorContext): void {
  const feed = state.opened;
  if (!feed) return;
  if (!Number.isSafeInteger(body?.epoch) || !Number.isSafeInteger(body.upToSeq)) {
    context.metrics.count('feed_letters_malformed_total');
    return;
  }
  if (body.epoch > feed.epoch) {
    context.fail(
      new Error(`superseded: this feed has epoch ${feed.epoch}, the tick log is at ${body.epoch}`),
    );
    return;
  }
  // A late answer to a former life of this feed.
  if (body.epoch < feed.epoch) return;
  if (body.upToSeq > feed.lastSeq) {
    context.fail(new Error(`the tick log holds seq ${body.upToSeq}, this feed made ${feed.lastSeq}`));
    return;
  }
  feed.unacknowledged.acknowledge(body.upToSeq, context.clock.monotonicMs());
}
