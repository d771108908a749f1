/** Recorded prices and candles, a page at a time, from the HistoryWriter. What is recorded never changes. */
import { z } from 'zod';
import { CANDLE_INTERVALS_MS, isCandleInterval } from '../../../domain/candle.ts';
import {
  type CandlesAnswer,
  candlesAnswerSchema,
  type PricesAnswer,
  pricesAnswerSchema,
} from '../../../protocol/api/market-answers.ts';
import { cursor } from '../../../protocol/api/wire-values.ts';
import { done, type Outcome } from '../../../protocol/errors.ts';
import { HISTORY_WRITER } from '../../../protocol/letters/history-writer.ts';
import { TICKS_PER_READ_MAX } from '../../../protocol/limits.ts';
import { outcomeOf } from '../http-answer.ts';
import { malformed } from '../http-input.ts';
import { isAlone, readCursor, writeCursor } from './cursor.ts';
import { queryAtMs, queryInteger, queryOneOf } from './query-values.ts';
import { route } from './route.ts';

const READ_DEADLINE_MS = 3_000;
const PRICES_SPAN_MS_DEFAULT = 60_000;
const CANDLES_DEFAULT = 100;
/** How long caches may keep a page that nothing can be added to. */
const CLOSED_KEEP_SECONDS = 86_400;

const rangeFields = {
  fromMs: queryAtMs.optional(),
  toMs: queryAtMs.optional().meta({ description: 'Milliseconds since the Unix epoch. Default: now.' }),
  cursor: cursor.optional(),
};

export const getPrices = route({
  method: 'GET',
  path: '/v1/prices',
  tag: 'history',
  summary: 'Recorded ticks of a range, oldest first',
  description: 'Without a range: the last minute.',
  auth: 'none',
  query: z.strictObject({
    ...rangeFields,
    limit: queryInteger(1, TICKS_PER_READ_MAX).default(TICKS_PER_READ_MAX),
  }),
  answer: pricesAnswerSchema,
  asks: true,
  revalidates: true,
  errors: [],
  handle: async ({ query }, { context }) => {
    const range = rangeOf('prices', query, context.clock.nowMs(), PRICES_SPAN_MS_DEFAULT);
    if (!range.ok) return range;
    const { fromMs, toMs } = range.value;
    const letter = { type: 'ReadTicks', body: { fromMs, toMs, limit: query.limit } } as const;
    const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
    if (!read.ok) return read;
    const { ticks, more } = read.value;
    const last = ticks.at(-1);
    const page: PricesAnswer = {
      ticks: ticks.map(({ symbol: _, venues: __, ...tick }) => tick),
      // Time goes forward with every tick, and none is ever changed: a page begun later shows the same.
      ...(more && last ? nextPage('prices', last.atMs + 1, toMs, 0) : {}),
    };
    return kept(page, isFixed(query) && (more || last?.atMs === toMs));
  },
});

export const getCandles = route({
  method: 'GET',
  path: '/v1/candles',
  tag: 'history',
  summary: 'Candles that share a moment with a range, oldest first',
  description: 'Without a range: the last hundred intervals. `intervalMs` is needed unless a cursor has it.',
  auth: 'none',
  query: z.strictObject({ intervalMs: queryOneOf(CANDLE_INTERVALS_MS).optional(), ...rangeFields }),
  answer: candlesAnswerSchema,
  asks: true,
  revalidates: true,
  errors: [],
  handle: async ({ query }, { context, settings }) => {
    const range = rangeOf('candles', query, context.clock.nowMs(), CANDLES_DEFAULT * (query.intervalMs ?? 0));
    if (!range.ok) return range;
    const { fromMs, toMs, intervalMs } = range.value;
    if (!isCandleInterval(intervalMs)) return malformed('intervalMs');
    const letter = { type: 'ReadCandles', body: { intervalMs, fromMs, toMs } } as const;
    const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
    if (!read.ok) return read;
    const { candles, nextFromMs } = read.value;
    const page: CandlesAnswer = {
      intervalMs,
      candles: candles.map(({ maxStepMs, isUnfinished, ...candle }) => ({
        ...candle,
        gap: maxStepMs > settings.rules.maxGapMs,
        unfinished: isUnfinished,
      })),
      ...(nextFromMs === undefined ? {} : nextPage('candles', nextFromMs, toMs, intervalMs)),
    };
    const last = candles.at(-1);
    const isClosed = last !== undefined && !last.isUnfinished && last.opensAtMs + intervalMs > toMs;
    return kept(page, isFixed(query) && (isClosed || nextFromMs !== undefined));
  },
});

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
  /** Of candles; else 0. */
  readonly intervalMs: number;
}

interface RangeQuery {
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly intervalMs?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Asked again, it is the same question: its range does not move with the clock. */
const isFixed = ({ fromMs, toMs, cursor }: RangeQuery): boolean =>
  cursor !== undefined || (fromMs !== undefined && toMs !== undefined);

const kept = <P>(page: P, isClosed: boolean) =>
  isClosed ? { ...done(page), keepSeconds: CLOSED_KEEP_SECONDS } : done(page);

const nextPage = (listing: string, fromMs: number, toMs: number, intervalMs: number) => ({
  nextFromMs: fromMs,
  nextCursor: writeCursor(listing, [fromMs, toMs, intervalMs]),
});

/** Of the cursor, else of the query: up to now, and `spanMs` long, where it says nothing else. */
function rangeOf(listing: string, query: RangeQuery, nowMs: number, spanMs: number): Outcome<Range> {
  if (query.cursor !== undefined) return rangeOfCursor(listing, query.cursor, query);
  const { toMs = nowMs, intervalMs = 0 } = query;
  const { fromMs = Math.max(0, toMs - spanMs) } = query;
  return fromMs > toMs ? malformed('fromMs') : done({ fromMs, toMs, intervalMs });
}

function rangeOfCursor(listing: string, text: string, query: RangeQuery): Outcome<Range> {
  const alone = isAlone({ ...query }, ['fromMs', 'toMs', 'intervalMs']);
  if (!alone.ok) return alone;
  const parts = readCursor(listing, text, 3);
  if (!parts.ok) return parts;
  const parsed = z.tuple([queryAtMs, queryAtMs, queryAtMs]).safeParse(parts.value);
  if (!parsed.success) return malformed('cursor');
  const [fromMs, toMs, intervalMs] = parsed.data;
  return done({ fromMs, toMs, intervalMs });
}
