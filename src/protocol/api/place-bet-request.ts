/**
 * The body of `POST /v1/bets` (and of the `place` frame), validated once, here. Unknown fields, floats,
 * signs, exponents, hex and anything beyond 2^53 − 1 are MALFORMED before they reach an actor.
 */
import { z } from 'zod';
import { BET_KINDS, type Cell } from '../../domain/cell.ts';
import { SYMBOL } from '../../domain/tick.ts';
import { cents, type Hundredths, type Micros, parseMicros, parseMultiplier } from '../../domain/units.ts';
import { IDEMPOTENCY_KEY_LENGTH_MAX } from '../limits.ts';
import { isPlainBet } from './plain-place.ts';

/** Seen at once to be no column of today. */
const EXAMPLE_OPENS_AT_MS = 2_000_000_000_000;
const EXAMPLE_LOW_CENTS = 6_124_000;

const instantMs = z.int().positive();
const edgeCents = z.int().nonnegative().nullable();

export const idempotencyKeySchema = z
  .string()
  .max(IDEMPOTENCY_KEY_LENGTH_MAX)
  .regex(/^[A-Za-z0-9._:-]+$/)
  .meta({
    description: 'Your own name for this bet. The same key gets the same answer, however often it is sent.',
    examples: ['bet-0001'],
  });

/** What names a cell, in every request. */
export const cellRequestShape = {
  symbol: z.literal(SYMBOL),
  kind: z.enum(BET_KINDS),
  opensAtMs: instantMs.meta({
    description: 'When the window opens, ms since the Unix epoch: a column of GET /v1/grid.',
    examples: [EXAMPLE_OPENS_AT_MS],
  }),
  closesAtMs: instantMs.meta({
    description: 'When it closes: `opensAtMs` plus the `columnMs` of the grid.',
    examples: [EXAMPLE_OPENS_AT_MS + 5_000],
  }),
  lowCents: edgeCents.meta({
    description: 'Lower edge, US cents: a row of the grid. Null: open; only one side, of inside and outside.',
    examples: [EXAMPLE_LOW_CENTS],
  }),
  highCents: edgeCents.meta({
    description: 'Upper edge: `lowCents` plus the `rowHeightCents` of the grid. Null: open.',
    examples: [EXAMPLE_LOW_CENTS + 1_000],
  }),
};

export const stakeMicrosText = z
  .string()
  .max(16)
  .regex(/^(0|[1-9]\d*)$/)
  .meta({
    description:
      'Micro-credits, as a decimal string; 1 credit is "1000000". From `minStakeMicros` to ' +
      '`maxStakeMicros` of GET /v1/status.',
    examples: ['1000000'],
  });

export const placeBetRequestSchema = z
  .strictObject({
    ...cellRequestShape,
    stakeMicros: stakeMicrosText,
    minMultiplier: z
      .string()
      .max(10)
      .regex(/^(0|[1-9]\d{0,6})(\.\d{1,2})?$/)
      .meta({
        description: 'The least you accept, as a decimal string. "1" takes any; less is the same as "1".',
        examples: ['2.35'],
      }),
  })
  .meta({ id: 'PlaceBetRequest' });
export type PlaceBetRequest = z.infer<typeof placeBetRequestSchema>;

export interface ParsedBet {
  readonly cell: Cell;
  readonly stakeMicros: Micros;
  readonly minMultiplier: Hundredths;
}

/** The typed bet, or the path of the first field that is wrong. */
export function parsePlaceBet(body: unknown): { ok: true; bet: ParsedBet } | { ok: false; field: string } {
  if (isPlainBet(body)) {
    const stakeMicros = parseMicros(body.stakeMicros);
    const minMultiplier = parseMultiplier(body.minMultiplier);
    if (stakeMicros !== undefined && minMultiplier !== undefined)
      return { ok: true, bet: { cell: cellOf(body), stakeMicros, minMultiplier } };
  }
  return parseBySchema(body);
}

/** As parsePlaceBet, in the time it takes: it knows what is wrong. */
export function parseBySchema(body: unknown): ReturnType<typeof parsePlaceBet> {
  const parsed = placeBetRequestSchema.safeParse(body);
  if (!parsed.success) return { ok: false, field: firstField(parsed.error) };
  const stakeMicros = parseMicros(parsed.data.stakeMicros);
  if (stakeMicros === undefined) return { ok: false, field: 'stakeMicros' };
  const minMultiplier = parseMultiplier(parsed.data.minMultiplier);
  if (minMultiplier === undefined) return { ok: false, field: 'minMultiplier' };
  return { ok: true, bet: { cell: cellOf(parsed.data), stakeMicros, minMultiplier } };
}

/** The cell of a validated request. */
export const cellOf = (request: Omit<PlaceBetRequest, 'stakeMicros' | 'minMultiplier'>): Cell => {
  const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = request;
  return {
    symbol,
    kind,
    opensAtMs,
    closesAtMs,
    lowCents: lowCents === null ? null : cents(lowCents),
    highCents: highCents === null ? null : cents(highCents),
  };
};

/** The dotted path of the first problem, for `details.field`. */
export function firstField(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return '';
  if (issue.code === 'unrecognized_keys') return String(issue.keys[0] ?? '');
  return issue.path.map(String).join('.');
}
