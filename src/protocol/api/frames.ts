/**
 * The WebSocket contract of `GET /v1/ws`. JSON text frames by default; with subprotocol `msgpack` the same
 * objects as binary msgpack. Every server push carries `n`, counting 1, 2, 3 … per connection: a hole means
 * the server dropped something for a slow reader, and the client resyncs over HTTP.
 *
 * Prices and grids may be conflated under backpressure (newest wins, `n` skips nothing that was sent);
 * bet and account events never are: a socket too slow for them is closed with 4508.
 */
import { z } from 'zod';
import type { IndexTick } from '../../domain/tick.ts';
import type { AccountView, BetView } from '../bet-view.ts';
import type { PublicError } from '../errors.ts';
import { idempotencyKeySchema } from './place-bet-request.ts';

export const CHANNELS = ['price', 'grid', 'bets', 'account'] as const;
export type ChannelName = (typeof CHANNELS)[number];

const requestId = z.union([z.string().max(64), z.number().int().nonnegative()]).optional();

/** What a client may send. `id` is echoed on the answer. */
export const clientFrameSchema = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    channels: z.array(z.enum(CHANNELS)).min(1).max(8),
    id: requestId,
  }),
  z.strictObject({
    op: z.literal('unsubscribe'),
    channels: z.array(z.enum(CHANNELS)).min(1).max(8),
    id: requestId,
  }),
  z.strictObject({ op: z.literal('auth'), token: z.string().max(256), id: requestId }),
  z.strictObject({
    op: z.literal('place'),
    idempotencyKey: idempotencyKeySchema,
    /** A PlaceBetRequest; validated like the HTTP body. */
    bet: z.record(z.string(), z.unknown()),
    id: requestId,
  }),
  z.strictObject({ op: z.literal('ping'), id: requestId }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;
type RequestId = string | number;

export interface GridView {
  readonly atMs: number;
  readonly seq: number;
  readonly priceCents: number;
  readonly columnMs: number;
  readonly rowHeightCents: number;
  /** opensAtMs of each column, ascending. */
  readonly columns: readonly number[];
  /** lowCents of each row, ascending. */
  readonly rows: readonly number[];
  /** [column][row]: the multiplier as shown, or null where the cell takes no bets. */
  readonly multipliers: readonly (readonly (string | null)[])[];
  readonly rulesVersion: string;
}

/** Pushes: each with `n` (per connection) and `seq` (the tick it belongs to). */
export type PushFrame =
  | { readonly push: 'price'; readonly n: number; readonly seq: number; readonly tick: IndexTick }
  | { readonly push: 'grid'; readonly n: number; readonly seq: number; readonly grid: GridView }
  | {
      readonly push: 'bet';
      readonly n: number;
      readonly seq: number;
      readonly event: 'BetAccepted' | 'BetSettled';
      readonly bet: BetView;
    }
  | { readonly push: 'account'; readonly n: number; readonly seq: number; readonly account: AccountView }
  | { readonly push: 'heartbeat'; readonly n: number; readonly seq: number; readonly atMs: number }
  | { readonly push: 'signed-out'; readonly n: number; readonly seq: number }
  | {
      readonly push: 'shutdown';
      readonly n: number;
      readonly seq: number;
      readonly reconnectAfterMs: number;
    };

/** Answers to a client's frame. */
export type AnswerFrame =
  | {
      readonly ack: 'subscribe' | 'unsubscribe';
      readonly id?: RequestId;
      readonly channels: readonly ChannelName[];
    }
  | { readonly ack: 'auth'; readonly id?: RequestId; readonly wallet: string; readonly expiresAtMs: number }
  | { readonly ack: 'place'; readonly id?: RequestId; readonly bet: BetView }
  | { readonly ack: 'ping'; readonly id?: RequestId; readonly atMs: number }
  | { readonly ack: 'error'; readonly id?: RequestId; readonly op?: string; readonly error: PublicError };

export type ServerFrame = PushFrame | AnswerFrame;

/** Close codes: 44xx, do not reconnect unchanged; 45xx, reconnect with jitter. */
export const CLOSE_CODES = {
  MALFORMED: 4400,
  TOO_SLOW: 4508,
  SHUTDOWN: 4512,
} as const;
