/** The limits a wallet sets for itself, as `PUT /v1/limits/self` takes and gives them. */
import { z } from 'zod';
import { parseMicros } from '../domain/units.ts';

const limitMicros = z
  .string()
  .max(16)
  .refine((text) => parseMicros(text) !== undefined)
  .nullable()
  .meta({ examples: ['50000000'] });

/** All limits at once; null: none. */
export const selfLimitsRequestSchema = z.strictObject({
  maxStakeMicros: limitMicros.describe('Largest stake of one bet, micro-credits; null: none.'),
  maxLossMicros: limitMicros.describe('Largest net loss in 24 h, open stakes counted as lost; null: none.'),
  pausedUntilMs: z
    .int()
    .nonnegative()
    .nullable()
    .meta({ description: 'No bets before this instant, ms since the Unix epoch.', examples: [null] }),
});
export type SelfLimitsRequest = z.infer<typeof selfLimitsRequestSchema>;

export interface SelfLimitsView {
  /** What holds now. */
  readonly now: SelfLimitsRequest;
  /** What was asked for and is looser: it holds from `fromMs` on. Absent if there is nothing to wait for. */
  readonly next?: SelfLimitsRequest & { readonly fromMs: number };
}
