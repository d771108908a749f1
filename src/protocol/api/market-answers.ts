/** What the public routes of the market answer: the line, the grid, how the odds did, the ledger's sums. */
import { z } from 'zod';
import { CANDLE_INTERVALS_MS } from '../../domain/candle.ts';
import { VENUE_OUT_REASONS } from '../../domain/index/venue-quote.ts';
import type { IndexTick } from '../../domain/tick.ts';
import {
  address,
  atMs,
  durationMs,
  fraction,
  type Immutable,
  micros,
  multiplier,
  nextCursor,
  priceCents,
  rulesVersion,
  sigmaPerSqrtSecond,
  signedMicros,
  symbol,
  tickQuality,
  tickSeq,
  venueMask,
} from './wire-values.ts';

export const timeAnswerSchema = z.strictObject({ serverTimeMs: atMs }).meta({ id: 'Time' });
export type TimeAnswer = Immutable<z.infer<typeof timeAnswerSchema>>;

const venueReportSchema = z.strictObject({
  id: z.string(),
  out: z
    .enum(VENUE_OUT_REASONS)
    .nullable()
    .meta({ description: 'Why it has no part in the price; null: it has.' }),
  ageMs: durationMs.nullable().meta({ description: 'Since it was heard last; null: never.' }),
});

export const pauseReasonSchema = z.enum(['OPERATOR', 'LEDGER_CHECK']);

export const statusAnswerSchema = z
  .strictObject({
    feed: z.strictObject({
      state: z.enum(['ok', 'degraded', 'down']),
      seq: tickSeq,
      atMs,
      venues: z
        .exactOptional(z.array(venueReportSchema))
        .meta({ description: 'Absent: the source of prices has no venues.' }),
    }),
    paused: z.boolean().meta({ description: 'No bets are taken.' }),
    pauseReason: z.exactOptional(pauseReasonSchema),
    rulesVersion,
    proof: z
      .strictObject({ signer: address, earlierSigners: z.array(address) })
      .meta({ description: 'Who signs receipts and checkpoints, and who did before.' }),
    signIn: z
      .strictObject({
        domain: z.string(),
        uri: z.string(),
        chainIds: z.array(z.int().positive()),
        statement: z.string(),
      })
      .meta({ description: 'What the EIP-4361 message of a sign-in must name.' }),
    limits: z.strictObject({
      minStakeMicros: micros,
      maxStakeMicros: micros,
      lockMs: durationMs.meta({ description: 'A column takes bets until this long before it opens.' }),
      holdMs: durationMs.meta({ description: 'A bet is priced at the first tick this long after it came.' }),
      horizonMs: durationMs.meta({ description: 'Columns open at most this far ahead.' }),
      betsPerMinute: z.int().positive().meta({ description: 'Of one wallet.' }),
      maxGapMs: durationMs.meta({ description: 'Ticks further apart are a gap, which voids cells.' }),
    }),
  })
  .meta({ id: 'Status' });
export type StatusAnswer = Immutable<z.infer<typeof statusAnswerSchema>>;

const tickFields = {
  seq: tickSeq,
  atMs,
  priceCents,
  quality: tickQuality,
  venueMask,
  compositionJump: z.boolean().meta({
    description: 'The price moved only because a venue joined or left: the step to it touches nothing.',
  }),
};

/** The newest tick; the same as domain/tick.ts says. */
export const indexTickSchema = z
  .strictObject({ symbol, ...tickFields, venues: z.int().nonnegative() })
  .meta({ id: 'IndexTick', description: 'One point of the price line.' });
export type PriceAnswer = IndexTick;

export const pricesAnswerSchema = z
  .strictObject({
    ticks: z.array(z.strictObject(tickFields)).meta({ description: 'Oldest first.' }),
    nextFromMs: z.exactOptional(atMs).meta({ description: 'The same as a time: pass as `fromMs`.' }),
    nextCursor,
  })
  .meta({ id: 'Prices' });
export type PricesAnswer = Immutable<z.infer<typeof pricesAnswerSchema>>;

export const candleSchema = z
  .strictObject({
    opensAtMs: atMs.meta({ description: 'A multiple of the interval since the Unix epoch.' }),
    openCents: priceCents,
    highCents: priceCents,
    lowCents: priceCents,
    closeCents: priceCents,
    ticks: z.int().positive(),
    degradedTicks: z.int().nonnegative(),
    gap: z.boolean().meta({
      description: 'In or at the ends of it the line was unknown for longer than `maxGapMs` of /v1/status.',
    }),
    unfinished: z.boolean().meta({ description: 'More ticks may come: at most the newest candle.' }),
  })
  .meta({ id: 'Candle' });
export type CandleView = Immutable<z.infer<typeof candleSchema>>;

export const candlesAnswerSchema = z
  .strictObject({
    intervalMs: z.literal(CANDLE_INTERVALS_MS),
    candles: z.array(candleSchema).meta({
      description: 'Oldest first. Each is whole, also at the ends of the range; without ticks there is none.',
    }),
    nextFromMs: z.exactOptional(atMs).meta({ description: 'The same as a time: pass as `fromMs`.' }),
    nextCursor,
  })
  .meta({ id: 'Candles' });
export type CandlesAnswer = Immutable<z.infer<typeof candlesAnswerSchema>>;

/** The same as GridView in frames.ts. */
export const gridSchema = z
  .strictObject({
    atMs,
    seq: tickSeq,
    priceCents,
    columnMs: durationMs,
    rowHeightCents: z.int().positive(),
    columns: z.array(atMs).meta({ description: '`opensAtMs` of each column, ascending.' }),
    rows: z.array(priceCents).meta({ description: '`lowCents` of each row, ascending.' }),
    multipliers: z
      .array(z.array(multiplier.nullable()))
      .meta({ description: '[column][row]: as shown; null where the cell takes no bets.' }),
    rulesVersion,
  })
  .meta({ id: 'Grid', description: 'Touch cells on offer. Display only: bets are priced when executed.' });

const reliabilityBucketSchema = z.strictObject({
  multiplier,
  multiplierTo: multiplier,
  horizonSeconds: z
    .int()
    .positive()
    .nullable()
    .meta({ description: 'Windows that opened at most this far ahead; null: all.' }),
  n: z.int().positive(),
  implied: fraction.meta({ description: 'Mean probability that was quoted.' }),
  realised: fraction.meta({ description: 'The fraction that won.' }),
  ciLow: fraction,
  ciHigh: fraction,
  rtp: fraction.meta({ description: 'What a stake of 1 on each was paid back on average.' }),
});

const trackRecordSchema = z.strictObject({
  sinceMs: atMs,
  n: z.int().nonnegative(),
  voids: z.int().nonnegative(),
  rtp: fraction,
  buckets: z.array(reliabilityBucketSchema),
});

export const calibrationAnswerSchema = z
  .strictObject({
    atMs,
    rulesVersion,
    columnMs: durationMs,
    correction: z.strictObject({ version: z.string(), evidence: z.number(), drift: z.number() }),
    volatility: z.strictObject({ sigmaPerSqrtSecond, regime: z.number() }),
    offeredCells: trackRecordSchema,
    settledBets: trackRecordSchema,
  })
  .meta({ id: 'Calibration', description: 'What was quoted against what came true.' });

const count = z.int().nonnegative();

export const ledgerAnswerSchema = z
  .strictObject({
    sumMicros: signedMicros.meta({ description: 'Over all accounts: "0", or the ledger is wrong.' }),
    houseMicros: signedMicros,
    escrowMicros: signedMicros,
    accounts: count,
    bets: z.strictObject({ open: count, won: count, lost: count, void: count }),
  })
  .meta({ id: 'LedgerSummary' });
