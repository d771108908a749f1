/** The limits a wallet sets for itself, as `PUT /v1/limits/self` takes and gives them. */
import { z } from 'zod';
import { parseMicros } from '../domain/units.ts';

const limitMicros = z
  .string()
  .max(16)
  .refine((text) => parseMicros(text) !== undefined)
  .nullable();

/** All limits at once; null: none. */
export const selfLimitsRequestSchema = z.strictObject({
  /** Largest stake of one bet, decimal string of micro-credits. */
  maxStakeMicros: limitMicros,
  /** Largest net loss in 24 h, open stakes counted as lost. */
  maxLossMicros: limitMicros,
  /** No bets before this instant, ms since the Unix epoch. */
  pausedUntilMs: z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER).nullable(),
});
export type SelfLimitsRequest = z.infer<typeof selfLimitsRequestSchema>;

export interface SelfLimitsView {
  /** What holds now. */
  readonly now: SelfLimitsRequest;
  /** What was asked for and is looser: it holds from `fromMs` on. Absent if there is nothing to wait for. */
  readonly next?: SelfLimitsRequest & { readonly fromMs: number };
}
