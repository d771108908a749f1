/**
 * The HistoryWriter: the only writer of the durable tick log, and the reader of past prices.
 *
 * Of each batch: decide which ticks enter (pure), commit them in one transaction, tell the Resolver and the
 * feed, then bring the price history up to date. Only the commit must succeed. The Resolver fills gaps from
 * the log by itself, the feed sends again what is not acknowledged, and the history is a cache.
 * Memory is the head of the log; if a commit throws, the actor crashes and reads it anew.
 */
import { isCandleInterval } from '../../domain/candle.ts';
import type { IndexTick } from '../../domain/tick.ts';
import { type Address, address, type Letter, type Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type {
  CandlesRead,
  HistoryWriterLetter,
  ReadCandles,
  ReadTicks,
  TicksPublished,
  TicksRead,
} from '../../protocol/letters/history-writer.ts';
import { HISTORY_WRITER, type OpenFeed } from '../../protocol/letters/history-writer.ts';
import type { PriceFeedLetter } from '../../protocol/letters/price-feed.ts';
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import { TICKS_PER_READ_MAX } from '../../protocol/limits.ts';
import { type ActorContext, type ActorDefinition, defineActor, type Timer } from '../../runtime/index.ts';
import { readCandles } from './candle-pages.ts';
import { readChain, readCheckpoints } from './chain-reads.ts';
import { keepChained } from './chain-upkeep.ts';
import { HistoryUpkeep, type HistoryUpkeepOptions } from './history-upkeep.ts';
import type { PriceHistory } from './price-history.ts';
import { admitTicks } from './tick-intake.ts';
import type { LogEntry, LogHead, TickLog } from './tick-log.ts';

export interface HistoryWriterOptions {
  /** Opened by the composition root, which also closes it. */
  readonly tickLog: TickLog;
  readonly history: PriceHistory;
  /** How the history is kept; defaults in HistoryUpkeepOptions. */
  readonly upkeep?: Pick<HistoryUpkeepOptions, 'framesPerStep' | 'spanMs'>;
}

export interface HistoryWriterState {
  head: LogHead;
  readonly upkeep: HistoryUpkeep;
  upkeepTimer: Timer | undefined;
}

interface BatchDecision {
  readonly head: LogHead;
  readonly entries: readonly LogEntry[];
  /** The epoch each OpenFeed was given, and where the log ended for it. */
  readonly opened: ReadonlyMap<Received<OpenFeed>, LogHead>;
}

/** Between steps of about 10 ms, so that the actor is free for its letters most of the time. */
export const REHYDRATE_PAUSE_MS = 20;
const HISTORY_RETRY_MS = 1_000;
const TICKS_PER_LETTER_MAX = 1_000;

export const historyWriterActor = (
  options: HistoryWriterOptions,
): ActorDefinition<HistoryWriterLetter, HistoryWriterState> =>
  defineActor<HistoryWriterLetter, HistoryWriterState>({
    name: HISTORY_WRITER.name,

    start(context) {
      const { tickLog, history } = options;
      const { log, metrics } = context;
      const upkeep = new HistoryUpkeep({ tickLog, history, log, metrics, ...options.upkeep });
      const state: HistoryWriterState = { head: tickLog.head(), upkeep, upkeepTimer: undefined };
      scheduleUpkeep(state, context);
      tickLog.chain.check();
      keepChained(tickLog.chain, context);
      return state;
    },

    async receive(state, letters, context) {
      const decision = decideBatch(state.head, letters, context);
      const { head, entries } = decision;
      if (entries.length > 0 || head.epoch !== state.head.epoch)
        options.tickLog.commit({ epoch: head.epoch, entries });
      state.head = head;
      const recorded = entries.map((entry) => entry.tick);
      context.metrics.count('history_ticks_recorded_total', {}, recorded.length);

      for (const [letter, { epoch, last }] of decision.opened) context.reply(letter, { epoch, last });
      await tellResolver(recorded, context);
      await acknowledge(state, letters, context);
      await state.upkeep.recorded(recorded);
      for (const letter of letters) {
        if (letter.type === 'ReadTicks') context.reply(letter, await readTicks(state, letter.body));
        if (letter.type === 'ReadChain') context.reply(letter, readChain(options.tickLog.chain, letter.body));
        if (letter.type === 'ReadCheckpoints')
          context.reply(letter, readCheckpoints(options.tickLog.chain, letter.body));
        if (letter.type === 'ReadCandles')
          context.reply(letter, readCandleLetter(options.tickLog, letter.body));
      }
      scheduleUpkeep(state, context);
    },
  });

/** Letters in order against the head of the log; nothing is written here. */
function decideBatch(
  start: LogHead,
  letters: readonly Received<HistoryWriterLetter>[],
  context: ActorContext,
): BatchDecision {
  let head = start;
  const entries: LogEntry[] = [];
  const opened = new Map<Received<OpenFeed>, LogHead>();
  for (const letter of letters) {
    switch (letter.type) {
      case 'OpenFeed':
        head = { epoch: head.epoch + 1, last: head.last };
        opened.set(letter, head);
        context.log.info({ epoch: head.epoch, lastSeq: head.last?.seq, feed: letter.from }, 'feed opened');
        break;
      case 'TicksPublished': {
        const admission = admitTicks(head, letter.body);
        head = admission.head;
        entries.push(...admission.entries);
        report(admission.refusal, admission.skipped, letter, context);
        break;
      }
      case 'ReadTicks':
      case 'ReadCandles':
      case 'ReadChain':
      case 'ReadCheckpoints':
        break;
      default:
        letter satisfies never;
    }
  }
  return { head, entries, opened };
}

function report(
  refusal: string | undefined,
  skipped: number,
  letter: Received<TicksPublished>,
  context: ActorContext,
): void {
  if (skipped > 0) context.metrics.count('history_ticks_skipped_total', {}, skipped);
  if (refusal === undefined) return;
  context.metrics.count('history_letters_refused_total', { refusal });
  context.log.warn({ refusal, from: letter.from, id: letter.id }, 'ticks refused');
}

async function tellResolver(recorded: readonly IndexTick[], context: ActorContext): Promise<void> {
  for (let from = 0; from < recorded.length; from += TICKS_PER_LETTER_MAX) {
    const ticks = recorded.slice(from, from + TICKS_PER_LETTER_MAX);
    const sent = await context.send(RESOLVER, { type: 'TicksRecorded', body: { ticks } });
    if (sent !== 'posted') context.metrics.count('history_letters_unsent_total', { to: RESOLVER.name });
  }
}

/**
 * To whoever published, also when all of it was refused: the running feed learns where the log ends, and a
 * superseded one that there is a newer epoch.
 */
async function acknowledge(
  state: HistoryWriterState,
  letters: readonly Received<HistoryWriterLetter>[],
  context: ActorContext,
): Promise<void> {
  const { epoch, last } = state.head;
  const feeds = new Set(
    letters.filter((letter) => letter.type === 'TicksPublished').map((letter) => letter.from),
  );
  for (const feed of feeds) {
    const to: Address<PriceFeedLetter> = address<PriceFeedLetter & Letter>(feed);
    const sent = await context.send(to, {
      type: 'TicksAcknowledged',
      body: { epoch, upToSeq: last?.seq ?? 0 },
    });
    if (sent !== 'posted') context.metrics.count('history_letters_unsent_total', { to: feed });
  }
}

async function readTicks(state: HistoryWriterState, body: ReadTicks['body']): Promise<Outcome<TicksRead>> {
  if (typeof body !== 'object' || body === null) return refused('MALFORMED');
  const { fromMs, toMs } = body;
  if (!isTime(fromMs) || !isTime(toMs) || fromMs > toMs) return refused('MALFORMED', { field: 'fromMs' });
  if (!Number.isSafeInteger(body.limit) || body.limit < 1) return refused('MALFORMED', { field: 'limit' });
  const limit = Math.min(body.limit, TICKS_PER_READ_MAX);
  const ticks = await state.upkeep.read({ fromMs, toMs, limit: limit + 1 });
  return done({ ticks: ticks.slice(0, limit), more: ticks.length > limit });
}

function readCandleLetter(tickLog: TickLog, body: ReadCandles['body']): Outcome<CandlesRead> {
  if (typeof body !== 'object' || body === null) return refused('MALFORMED');
  const { intervalMs, fromMs, toMs } = body;
  if (!isCandleInterval(intervalMs)) return refused('MALFORMED', { field: 'intervalMs' });
  if (!isTime(fromMs) || !isTime(toMs) || fromMs > toMs) return refused('MALFORMED', { field: 'fromMs' });
  return done(readCandles(tickLog, { intervalMs, fromMs, toMs }));
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** One step at a time, each a turn of its own, until the history is whole. */
function scheduleUpkeep(state: HistoryWriterState, context: ActorContext): void {
  if (state.upkeepTimer || state.upkeep.state === 'complete') return;
  const delayMs = state.upkeep.state === 'away' ? HISTORY_RETRY_MS : REHYDRATE_PAUSE_MS;
  state.upkeepTimer = context.after(delayMs, async () => {
    state.upkeepTimer = undefined;
    await state.upkeep.step();
    scheduleUpkeep(state, context);
  });
}
