/**
 * The values the API is made of, as zod schemas: what one of them may look like, once. Requests are validated
 * by these; answers are held to them in tests; the documents (/openapi.json, /asyncapi.json, /docs) are
 * generated from them. Units are in the names of the fields that use them.
 */
import { z } from 'zod';
import { BET_KINDS } from '../../domain/cell.ts';
import { SYMBOL, VENUE_MASK_MAX } from '../../domain/tick.ts';

/** What a schema gives, as the API shares it: nobody changes an answer. */
export type Immutable<T> = T extends readonly (infer E)[]
  ? number extends T['length']
    ? readonly Immutable<E>[]
    : { readonly [K in keyof T]: Immutable<T[K]> }
  : T extends number | string | boolean | null | undefined
    ? T
    : { readonly [K in keyof T]: Immutable<T[K]> };

const EXAMPLE_MS = 1_767_225_600_000;
const EXAMPLE_ADDRESS = '0x71c7656ec7ab88b098defb751b7401b5f6d8976f';

export const atMs = z
  .int()
  .nonnegative()
  .meta({
    description: 'Milliseconds since the Unix epoch.',
    examples: [EXAMPLE_MS],
  });
export const durationMs = z.int().nonnegative().meta({ description: 'Milliseconds.' });
/** Sequence number of a tick. 0: before the first. */
export const tickSeq = z
  .int()
  .nonnegative()
  .meta({
    description: 'Number of a tick: dense, each one more than the last.',
    examples: [4_711],
  });
export const priceCents = z
  .int()
  .nonnegative()
  .meta({
    description: 'BTC/USD in US cents.',
    examples: [6_123_456],
  });
export const edgeCents = z
  .int()
  .nonnegative()
  .nullable()
  .meta({ description: 'Edge of a band in US cents; null: open on that side.', examples: [6_124_000] });
/** A decimal string of micro-credits; 1 credit = 1,000,000. */
export const micros = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/)
  .meta({ description: 'Micro-credits, as a decimal string; 1 credit is "1000000".', examples: ['1000000'] });
/** Sums of accounts may be below zero. */
export const signedMicros = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,15})$/)
  .meta({ description: 'Micro-credits, as a decimal string.', examples: ['-2500000'] });
export const multiplier = z
  .string()
  .regex(/^(0|[1-9]\d{0,6})\.\d{2}$/)
  .meta({
    description: 'What a stake of 1 pays, as a decimal string with two decimals.',
    examples: ['2.35'],
  });
export const fraction = z.number().min(0).meta({ description: 'A fraction; 1 is all.' });
export const sigmaPerSqrtSecond = z
  .number()
  .nonnegative()
  .meta({ description: 'Volatility of ln(price) per √second.', examples: [0.00007] });

export const symbol = z.literal(SYMBOL);
export const betKind = z.enum(BET_KINDS).meta({
  description:
    '`touch` wins iff the line meets the cell; `inside` iff the price as of the close is in [low, high). ' +
    '`no_touch` and `outside` win when these lose.',
});
export const betStatus = z.enum(['open', 'won', 'lost', 'void']);
export const rulesVersion = z
  .string()
  .min(1)
  .max(40)
  .meta({ examples: ['touch-2'] });
/** An identifier as the API hands them out. */
export const identifier = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/)
  .meta({ examples: ['bet_01'] });
export const tickQuality = z.enum(['ok', 'degraded']);
export const venueMask = z
  .int()
  .nonnegative()
  .max(VENUE_MASK_MAX)
  .meta({ description: 'Which venues the price stands on: bit i is `feed.venues[i]` of /v1/status.' });

export const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/)
  .meta({ description: 'An Ethereum address in lower case.', examples: [EXAMPLE_ADDRESS] });
export const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .meta({ description: '32 bytes in lower-case hex.', examples: [`0x${'5e'.repeat(32)}`] });
export const signature = z
  .string()
  .regex(/^0x[0-9a-f]{130}$/)
  .meta({ description: '65 bytes (r, s, v) in lower-case hex.', examples: [`0x${'1b'.repeat(65)}`] });

/** Where a listing goes on; made and read by the API only. */
export const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,200}$/)
  .meta({ description: 'Where the listing goes on: `nextCursor` of the page before, as it came.' });
export const nextCursor = z
  .exactOptional(cursor)
  .meta({ description: 'Present if there is more: pass as `cursor`.' });
