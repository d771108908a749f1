/** Recorded prices and candles, asked of the HistoryWriter a page at a time. */
import { CANDLE_INTERVALS_MS, isCandleInterval } from '../../domain/candle.ts';
import type { CandlesAnswer, PricesAnswer } from '../../protocol/api/http.ts';
import { done, type Outcome } from '../../protocol/errors.ts';
import { HISTORY_WRITER } from '../../protocol/letters/history-writer.ts';
import { TICKS_PER_READ_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { BroadcasterSettings } from './broadcaster-settings.ts';
import type { HttpRequest, HttpResponse } from './client-server.ts';
import { answer, outcomeOf, problem, refusal } from './http-answer.ts';
import { malformed, readInteger, readQuery } from './http-input.ts';

export interface HistoryRoutePorts {
  readonly context: ActorContext;
  readonly settings: BroadcasterSettings;
}

const READ_DEADLINE_MS = 3_000;
const PRICES_SPAN_MS_DEFAULT = 60_000;
const CANDLES_DEFAULT = 100;

export async function getPrices(request: HttpRequest, { context }: HistoryRoutePorts): Promise<HttpResponse> {
  const query = readQuery(request, ['fromMs', 'toMs', 'limit']);
  if (!query.ok) return problem(query.error);
  const range = readRange(query.value, context.clock.nowMs(), PRICES_SPAN_MS_DEFAULT);
  if (!range.ok) return problem(range.error);
  const limit = query.value.limit === undefined ? TICKS_PER_READ_MAX : readInteger(query.value.limit);
  if (limit === undefined || limit < 1 || limit > TICKS_PER_READ_MAX) {
    return refusal('MALFORMED', { field: 'limit', max: TICKS_PER_READ_MAX });
  }
  const letter = { type: 'ReadTicks', body: { ...range.value, limit } } as const;
  const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
  if (!read.ok) return problem(read.error);
  const { ticks, more } = read.value;
  const last = ticks.at(-1);
  const page: PricesAnswer = {
    ticks: ticks.map(({ symbol: _, venues: __, ...tick }) => tick),
    // Time goes forward with every tick, and none is ever changed: a page begun later shows the same.
    ...(more && last ? { nextFromMs: last.atMs + 1 } : {}),
  };
  return answer(200, page);
}

export async function getCandles(
  request: HttpRequest,
  { context, settings }: HistoryRoutePorts,
): Promise<HttpResponse> {
  const query = readQuery(request, ['intervalMs', 'fromMs', 'toMs']);
  if (!query.ok) return problem(query.error);
  const intervalMs = readInteger(query.value.intervalMs);
  if (!isCandleInterval(intervalMs)) {
    return refusal('MALFORMED', { field: 'intervalMs', allowed: CANDLE_INTERVALS_MS.join(', ') });
  }
  const range = readRange(query.value, context.clock.nowMs(), CANDLES_DEFAULT * intervalMs);
  if (!range.ok) return problem(range.error);
  const letter = { type: 'ReadCandles', body: { ...range.value, intervalMs } } as const;
  const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
  if (!read.ok) return problem(read.error);
  const { candles, nextFromMs } = read.value;
  const page: CandlesAnswer = {
    intervalMs,
    candles: candles.map(({ maxStepMs, isUnfinished, ...candle }) => ({
      ...candle,
      gap: maxStepMs > settings.rules.maxGapMs,
      unfinished: isUnfinished,
    })),
    ...(nextFromMs === undefined ? {} : { nextFromMs }),
  };
  return answer(200, page);
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Up to now, and `spanMs` long, where the query says nothing else. */
function readRange(
  query: { readonly fromMs?: string; readonly toMs?: string },
  nowMs: number,
  spanMs: number,
): Outcome<Range> {
  const toMs = query.toMs === undefined ? nowMs : readInteger(query.toMs);
  if (toMs === undefined) return malformed('toMs');
  const fromMs = query.fromMs === undefined ? Math.max(0, toMs - spanMs) : readInteger(query.fromMs);
  if (fromMs === undefined || fromMs > toMs) return malformed('fromMs');
  return done({ fromMs, toMs });
}
