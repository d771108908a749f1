/**
 * `POST /v1/bets/batch` (and the `place-batch` frame): several bets of one wallet, each under its own key. A
 * body of the wrong shape is refused whole and places nothing; a bet that is refused touches no other.
 */
import { z } from 'zod';
import { done, type Outcome, refused } from '../errors.ts';
import { BETS_PER_BATCH_MAX } from '../limits.ts';
import { betViewSchema } from './bet-answers.ts';
import { publicErrorSchema } from './error-answer.ts';
import {
  firstField,
  idempotencyKeySchema,
  type ParsedBet,
  parsePlaceBet,
  placeBetRequestSchema,
} from './place-bet-request.ts';
import type { Immutable } from './wire-values.ts';

export const placeBetsRequestSchema = z
  .strictObject({
    bets: z
      .array(z.strictObject({ idempotencyKey: idempotencyKeySchema, bet: placeBetRequestSchema }))
      .min(1)
      .max(BETS_PER_BATCH_MAX),
  })
  .meta({ id: 'PlaceBetsRequest' });
export type PlaceBetsRequest = z.infer<typeof placeBetsRequestSchema>;

export const placedBetSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), bet: betViewSchema }),
  z.strictObject({ ok: z.literal(false), error: publicErrorSchema }),
]);
export type PlacedBet = Immutable<z.infer<typeof placedBetSchema>>;

export const placeBetsAnswerSchema = z
  .strictObject({ results: z.array(placedBetSchema).meta({ description: 'One for each bet, in order.' }) })
  .meta({ id: 'PlacedBets' });
export type PlaceBetsAnswer = Immutable<z.infer<typeof placeBetsAnswerSchema>>;

export type KeyedBet = ParsedBet & { readonly idempotencyKey: string };

/** The typed bets, or MALFORMED with the path of the first field that is wrong. */
export function parsePlaceBets(body: unknown): Outcome<readonly KeyedBet[]> {
  const parsed = placeBetsRequestSchema.safeParse(body);
  if (!parsed.success) return refused('MALFORMED', { field: firstField(parsed.error) });
  const bets: KeyedBet[] = [];
  for (const [at, { idempotencyKey, bet }] of parsed.data.bets.entries()) {
    const read = parsePlaceBet(bet);
    if (!read.ok) return refused('MALFORMED', { field: `bets.${at}.bet.${read.field}` });
    bets.push({ idempotencyKey, ...read.bet });
  }
  return done(bets);
}
