/**
 * The body of `POST /v1/bets` (and of the `place` frame), validated once, here. Unknown fields, floats,
 * signs, exponents, hex and anything beyond 2^53 − 1 are MALFORMED before they reach an actor.
 */
import { z } from 'zod';
import { BET_KINDS, type Cell } from '../../domain/cell.ts';
import { SYMBOL } from '../../domain/tick.ts';
import { cents, type Hundredths, type Micros, parseMicros, parseMultiplier } from '../../domain/units.ts';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '../limits.ts';

const instantMs = z.number().int().positive().max(Number.MAX_SAFE_INTEGER);
const priceCents = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

export const idempotencyKeySchema = z
  .string()
  .max(IDEMPOTENCY_KEY_LENGTH_MAX)
  .regex(/^[A-Za-z0-9._:-]+$/);

export const placeBetRequestSchema = z.strictObject({
  symbol: z.literal(SYMBOL),
  kind: z.enum(BET_KINDS),
  opensAtMs: instantMs,
  closesAtMs: instantMs,
  /** Null: open on that side; one of them, and only for `inside` and `outside`. */
  lowCents: priceCents.nullable(),
  highCents: priceCents.nullable(),
  /** Decimal string of micro-credits, e.g. "1000000" for one credit. */
  stakeMicros: z.string().max(16),
  /** Decimal string with at most two decimals, e.g. "2.35": the least the bettor accepts. */
  minMultiplier: z.string().max(10),
});
export type PlaceBetRequest = z.infer<typeof placeBetRequestSchema>;

export interface ParsedBet {
  readonly cell: Cell;
  readonly stakeMicros: Micros;
  readonly minMultiplier: Hundredths;
}

/** The typed bet, or the path of the first field that is wrong. */
export function parsePlaceBet(body: unknown): { ok: true; bet: ParsedBet } | { ok: false; field: string } {
  const parsed = placeBetRequestSchema.safeParse(body);
  if (!parsed.success) return { ok: false, field: firstField(parsed.error) };
  const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = parsed.data;
  const stakeMicros = parseMicros(parsed.data.stakeMicros);
  if (stakeMicros === undefined) return { ok: false, field: 'stakeMicros' };
  const minMultiplier = parseMultiplier(parsed.data.minMultiplier);
  if (minMultiplier === undefined) return { ok: false, field: 'minMultiplier' };
  const cell: Cell = {
    symbol,
    kind,
    opensAtMs,
    closesAtMs,
    lowCents: lowCents === null ? null : cents(lowCents),
    highCents: highCents === null ? null : cents(highCents),
  };
  return { ok: true, bet: { cell, stakeMicros, minMultiplier } };
}

/** The dotted path of the first problem, for `details.field`. */
export function firstField(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return '';
  if (issue.code === 'unrecognized_keys') return String(issue.keys[0] ?? '');
  return issue.path.map(String).join('.');
}
