/** `POST /v1/quotes` (and the `quote` frame): what bets would get as of the last tick. Nothing is placed. */
import { z } from 'zod';
import type { CapName } from '../../domain/caps.ts';
import { parseMicros } from '../../domain/units.ts';
import { CELLS_PER_QUOTE_MAX } from '../limits.ts';
import { publicErrorSchema } from './error-answer.ts';
import { cellRequestShape } from './place-bet-request.ts';
import { atMs, fraction, type Immutable, micros, multiplier, tickSeq } from './wire-values.ts';

export const quoteRequestSchema = z
  .strictObject({
    ...cellRequestShape,
    stakeMicros: z
      .string()
      .max(16)
      .refine((text) => parseMicros(text) !== undefined)
      .optional()
      .meta({ description: 'Micro-credits, as a decimal string; without one, the least stake.' }),
  })
  .meta({ id: 'QuoteRequest' });

export const quotesRequestSchema = z
  .strictObject({ cells: z.array(quoteRequestSchema).min(1).max(CELLS_PER_QUOTE_MAX) })
  .meta({ id: 'QuotesRequest' });
export type QuotesRequest = Immutable<z.infer<typeof quotesRequestSchema>>;

const CAP_NAMES = [
  'bet',
  'walletOpen',
  'walletMinute',
  'cell',
  'column',
  'minute',
  'total',
  'bankroll',
] as const satisfies readonly CapName[];

/** What is left of each cap that bounds a bet: what its payout less its stake may come to. */
export const capLeftSchema = z
  .strictObject({
    bet: micros.meta({ description: 'Of one bet.' }),
    walletOpen: z.exactOptional(micros).meta({ description: 'Of the open bets of the wallet.' }),
    walletMinute: z.exactOptional(micros).meta({ description: 'Of its bets of the last minute.' }),
    cell: micros.meta({ description: 'Of the open bets on the cell.' }),
    column: micros.meta({ description: 'Of the open bets on the column of the cell.' }),
    minute: micros.meta({ description: 'Of all bets of the last minute.' }),
    total: micros.meta({ description: 'Of all open bets.' }),
    bankroll: micros.meta({ description: 'What the house has.' }),
    least: z.strictObject({ cap: z.enum(CAP_NAMES), micros }),
  })
  .meta({ id: 'CapLeft', description: 'What payout less stake of a bet may come to, by cap.' });

export const edgePartsSchema = z
  .strictObject({
    base: fraction,
    volatility: fraction.meta({ description: 'What a wrong volatility can cost.' }),
    regime: fraction.meta({ description: 'Now and the last day disagree.' }),
    latency: fraction.meta({ description: 'What knowing the next price can gain.' }),
    exposure: fraction.meta({ description: 'How full the cell or its column is, this bet included.' }),
    calibration: fraction.meta({ description: 'How thin the correction of the odds is, and its drift.' }),
  })
  .meta({ id: 'EdgeParts' });

export const quoteSchema = z
  .strictObject({
    stakeMicros: micros.meta({ description: 'The stake it is of.' }),
    probability: fraction.meta({ description: 'Chance that the bet wins, 0 to 1.' }),
    fairMultiplier: multiplier.meta({ description: '1 / probability, rounded down.' }),
    multiplier: multiplier.meta({ description: 'What is offered for this stake.' }),
    payoutMicros: micros.meta({ description: 'What it would pay if it wins, stake included.' }),
    edge: z.strictObject({
      parts: edgePartsSchema,
      total: fraction.meta({ description: 'Their sum, or the largest edge there is if that is less.' }),
    }),
    capLeftMicros: capLeftSchema,
    maxStakeMicros: micros.meta({ description: 'The largest stake that would be taken; 0: none would.' }),
    disabledReason: z
      .exactOptional(publicErrorSchema.shape.code)
      .meta({ description: 'What a bet of this stake would be refused with. Absent: it would be taken.' }),
  })
  .meta({ id: 'Quote' });
export type QuoteView = Immutable<z.infer<typeof quoteSchema>>;

const quotedSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), quote: quoteSchema }),
  z.strictObject({ ok: z.literal(false), error: publicErrorSchema }),
]);

export const quotesAnswerSchema = z
  .strictObject({
    quotes: z.array(quotedSchema).meta({ description: 'One for each cell, in order.' }),
    seq: tickSeq.meta({ description: 'The tick they are as of.' }),
    atMs: atMs.meta({ description: 'Time of that tick.' }),
  })
  .meta({ id: 'Quotes' });
export type QuotesAnswer = Immutable<z.infer<typeof quotesAnswerSchema>>;
