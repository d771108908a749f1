/**
 * The WebSocket contract of `GET /v1/ws`: what a client may send (`op`), how it is answered (`ack`), what is
 * pushed. JSON text frames by default; with subprotocol `msgpack` binary frames, pushes in a compact form.
 * Every push carries `n`, counting 1, 2, 3 … per connection.
 *
 * Prices and grids may be conflated under backpressure (newest wins, `n` skips nothing that was sent);
 * bet and account events never are: a socket too slow for them is closed with 4508.
 *
 * Recovery: a channel has a numbering of its own, named by an `epoch`. `price` is numbered by tick; `bets`
 * and `account` share the numbers of account events (`pos`). A client that says where it was (`since`) gets
 * exactly what came after, in order (`recovered: true`), or is told that it cannot (`recovered: false`) and
 * gets what a new subscriber gets.
 */
import { z } from 'zod';
import { BETS_PER_PAGE_MAX } from '../limits.ts';
import { accountSchema } from './account-answers.ts';
import { betsAnswerSchema, betViewSchema } from './bet-answers.ts';
import { publicErrorSchema } from './error-answer.ts';
import { gridSchema, indexTickSchema } from './market-answers.ts';
import { idempotencyKeySchema } from './place-bet-request.ts';
import { placedBetSchema } from './place-bets-request.ts';
import { quotesAnswerSchema } from './quote-answers.ts';
import { address, atMs, betStatus, durationMs, type Immutable, identifier, tickSeq } from './wire-values.ts';

export const CHANNELS = ['price', 'grid', 'bets', 'account'] as const;
export type ChannelName = (typeof CHANNELS)[number];

const channels = z.array(z.enum(CHANNELS)).min(1).max(8);
const requestId = z
  .union([z.string().max(64), z.number().int().nonnegative()])
  .optional()
  .meta({ description: 'Echoed on the answer.' });

/** A place in the numbering of a channel. */
export const positionSchema = z
  .strictObject({
    epoch: z.string().min(1).max(64).meta({ description: 'Names the numbering.' }),
    seq: z.int().nonnegative().meta({
      description: 'The last the client has seen: for `price` the `seq` of a tick, else the `pos` of a push.',
    }),
  })
  .meta({ id: 'Position' });
export type Position = Immutable<z.infer<typeof positionSchema>>;

/** What a client may send. `id` is echoed on the answer. */
export const clientFrameSchema = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    channels,
    since: positionSchema.optional().meta({
      description: 'Where the client was: for `price` alone, or, after `auth`, for `bets` and `account`.',
    }),
    id: requestId,
  }),
  z.strictObject({ op: z.literal('unsubscribe'), channels, id: requestId }),
  z.strictObject({ op: z.literal('auth'), token: z.string().max(256), id: requestId }),
  z.strictObject({
    op: z.literal('place'),
    idempotencyKey: idempotencyKeySchema,
    /** A PlaceBetRequest; validated like the HTTP body. */
    bet: z.record(z.string(), z.unknown()),
    id: requestId,
  }),
  /** The body of POST /v1/bets/batch, validated like it. */
  z.strictObject({ op: z.literal('place-batch'), bets: z.array(z.unknown()), id: requestId }),
  /** The body of POST /v1/quotes, validated like it. */
  z.strictObject({ op: z.literal('quote'), cells: z.array(z.unknown()), id: requestId }),
  z.strictObject({ op: z.literal('account'), id: requestId }),
  z.strictObject({
    op: z.literal('bets'),
    limit: z.int().min(1).max(BETS_PER_PAGE_MAX).optional(),
    beforeId: identifier.optional(),
    status: betStatus.optional(),
    id: requestId,
  }),
  z.strictObject({ op: z.literal('ping'), id: requestId }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;
export type GridView = Immutable<z.infer<typeof gridSchema>>;

const n = z.int().positive().meta({ description: 'Counts the pushes of this connection: 1, 2, 3 …' });
const pos = z.exactOptional(z.int().positive()).meta({
  description:
    'Place of the push among the account events, for `since`: rises, with gaps. Absent in a snapshot.',
});

/** Pushes: each with `n` (per connection) and `seq` (the tick it belongs to). */
export const pushFrameSchema = z.discriminatedUnion('push', [
  z.strictObject({ push: z.literal('price'), n, seq: tickSeq, tick: indexTickSchema }),
  z.strictObject({ push: z.literal('grid'), n, seq: tickSeq, grid: gridSchema }),
  z.strictObject({
    push: z.literal('bet'),
    n,
    seq: tickSeq,
    event: z.enum(['BetAccepted', 'BetSettled']),
    bet: betViewSchema,
    pos,
  }),
  z.strictObject({ push: z.literal('account'), n, seq: tickSeq, account: accountSchema, pos }),
  z.strictObject({ push: z.literal('heartbeat'), n, seq: tickSeq, atMs }),
  z.strictObject({ push: z.literal('signed-out'), n, seq: tickSeq }),
  z.strictObject({ push: z.literal('shutdown'), n, seq: tickSeq, reconnectAfterMs: durationMs }),
]);
export type PushFrame = Immutable<z.infer<typeof pushFrameSchema>>;

/** Answers to a client's frame. */
export const answerFrameSchema = z.discriminatedUnion('ack', [
  z.strictObject({
    ack: z.literal('subscribe'),
    id: z.exactOptional(echo()),
    channels,
    epoch: z.exactOptional(positionSchema.shape.epoch),
    seq: z.exactOptional(positionSchema.shape.seq).meta({ description: 'Where the numbering is now.' }),
    recovered: z.exactOptional(z.boolean()).meta({ description: 'There if the client said `since`.' }),
  }),
  z.strictObject({ ack: z.literal('unsubscribe'), id: z.exactOptional(echo()), channels }),
  z.strictObject({
    ack: z.literal('auth'),
    id: z.exactOptional(echo()),
    wallet: address,
    expiresAtMs: atMs,
  }),
  z.strictObject({ ack: z.literal('place'), id: z.exactOptional(echo()), bet: betViewSchema }),
  z.strictObject({
    ack: z.literal('place-batch'),
    id: z.exactOptional(echo()),
    results: z.array(placedBetSchema),
  }),
  z.strictObject({ ack: z.literal('quote'), id: z.exactOptional(echo()), ...quotesAnswerSchema.shape }),
  z.strictObject({ ack: z.literal('account'), id: z.exactOptional(echo()), account: accountSchema }),
  z.strictObject({ ack: z.literal('bets'), id: z.exactOptional(echo()), ...betsAnswerSchema.shape }),
  z.strictObject({ ack: z.literal('ping'), id: z.exactOptional(echo()), atMs }),
  z.strictObject({
    ack: z.literal('error'),
    id: z.exactOptional(echo()),
    op: z.exactOptional(z.string()),
    error: publicErrorSchema,
  }),
]);
export type AnswerFrame = Immutable<z.infer<typeof answerFrameSchema>>;

export type ServerFrame = PushFrame | AnswerFrame;

/** Close codes: 44xx, do not reconnect unchanged; 45xx, reconnect with jitter. */
export const CLOSE_CODES = {
  MALFORMED: 4400,
  IDLE: 4408,
  TOO_SLOW: 4508,
  SHUTDOWN: 4512,
} as const;

function echo() {
  return z.union([z.string(), z.number()]);
}
