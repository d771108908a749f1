/** What no schema says of the WebSocket: how it behaves. For /asyncapi.json and /docs. */
import type { CLOSE_CODES } from '../../../protocol/api/frames.ts';
import {
  FRAME_BYTES_MAX,
  HEARTBEAT_INTERVAL_MS,
  IDLE_MS_MAX,
  SOCKET_BACKPRESSURE_BYTES_MAX,
} from '../../../protocol/limits.ts';
import { RECENT_TICKS_MAX } from '../recent-ticks.ts';

const KIB = 1_024;

export const SOCKET_RULES = {
  Frames:
    'One WebSocket at `/v1/ws`. A client sends `op` frames, each with an `id` of its own if it likes; ' +
    'every one is answered by one `ack` frame with that `id`: `ack` names the op, or is `error`. What ' +
    'happens by itself comes as `push` frames.',
  Formats:
    'JSON text, or with subprotocol `msgpack` binary msgpack: what you send and every `ack` are the ' +
    'same objects as maps; a push is an array with fixed places, `[code, n, seq, …]`. Ignore codes you ' +
    'do not know.',
  Subscribing:
    'Channels: `price` (each tick), `grid` (twice a second), and the private `bets` and `account`, ' +
    'which are silent until `auth` and begin with a snapshot. `subscribe` and `auth` may come in any ' +
    'order, but one with `since` for `bets` or `account` needs `auth` sent before it on the connection ' +
    '(you need not wait for its answer); else it is UNAUTHENTICATED with `details.field` `since`. ' +
    'Subscriptions outlive a session.',
  Counting:
    '`n` counts the pushes of this connection, 1, 2, 3 … without a hole. `seq` of a push is the tick it ' +
    'belongs to. `pos` of a `bet` or `account` push is its place among the account events: it rises, with ' +
    'gaps. What `since` means by `seq` is the tick for `price`, and the `pos` for `bets` and `account`.',
  Recovery:
    'Your position is `{epoch, seq}`. The answer to `subscribe` says where the numbering stands: take ' +
    'its `epoch`, and its `seq` too if you sent no `since` or `recovered` is false; if it is true, keep ' +
    'your own `seq`. Then move `seq` with each push: for `price` to the `seq` of the tick, for `bets` ' +
    'and `account` to the `pos` of the push, where it has one. After a reconnect, send the position as ' +
    '`since`: for `price` alone, or, after `auth`, for `bets` and `account`. `recovered: true`: exactly ' +
    'what came after follows, in order. `recovered: false`: it is not kept any more, and the usual ' +
    'snapshot follows. That of `bets` has the open ones only: those settled meanwhile are in `GET ' +
    '/v1/bets`. The grid has only snapshots.',
  'Kept for recovery':
    `About a minute of ticks at least (${RECENT_TICKS_MAX}), and at least the newest 10,000 account events ` +
    'of all wallets together; fewer events right after the server started. What is older, and ticks before ' +
    'a hole in the line, is `recovered: false`.',
  'Slow readers':
    'Prices and grids are conflated: who reads slowly gets the newest and misses those between. Bets and ' +
    `account never are: who lets more than ${SOCKET_BACKPRESSURE_BYTES_MAX / KIB} KiB wait is closed with ` +
    '4508 and comes back for what it missed.',
  Limits:
    `A frame of a client has at most ${FRAME_BYTES_MAX / KIB} KiB. Five broken frames in a row close the ` +
    'connection with 4400. A connection on which nothing was ever asked is closed with 4408 after ' +
    `${IDLE_MS_MAX / 1_000} s.`,
  Heartbeat: `A \`heartbeat\` push every ${HEARTBEAT_INTERVAL_MS / 1_000} s. Silence for longer: reconnect.`,
  'Going away':
    'Before the server ends it pushes `shutdown` with `reconnectAfterMs`, another one for each client, and ' +
    'closes with 4512: come back after that long.',
} as const;

export const CLOSE_CODE_MEANINGS: Readonly<Record<keyof typeof CLOSE_CODES, string>> = {
  MALFORMED: 'Too many broken frames. Do not come back unchanged.',
  IDLE: 'Nothing was asked on this connection. Do not come back for nothing.',
  TOO_SLOW: 'Too much waited to be read. Come back, and read faster.',
  SHUTDOWN: 'The server ends. Come back after `reconnectAfterMs`.',
};

/** By `kind.name`. */
export const FRAME_SUMMARIES: Readonly<Record<string, string>> = {
  'op.subscribe': 'Listen to channels; what there is follows the answer.',
  'op.unsubscribe': 'Listen to them no more.',
  'op.auth': 'Sign this connection in with the token of a session.',
  'op.place': 'Place a bet: as POST /v1/bets.',
  'op.place-batch': 'Place several: as POST /v1/bets/batch.',
  'op.quote': 'What bets would get: as POST /v1/quotes.',
  'op.account': 'Balance and open stakes: as GET /v1/account.',
  'op.bets': 'The bets of the wallet, newest first: as GET /v1/bets.',
  'op.ping': 'Is anybody there?',
  'ack.subscribe': 'You listen. `seq` of `epoch` is where the numbering stands.',
  'ack.unsubscribe': 'You listen no more.',
  'ack.auth': 'This connection acts for the wallet.',
  'ack.place': 'The bet was taken.',
  'ack.place-batch': 'One result for each bet, in order.',
  'ack.quote': 'One quote or error for each cell, in order.',
  'ack.account': 'The account.',
  'ack.bets': 'A page of bets.',
  'ack.ping': 'The clock of the server.',
  'ack.error': 'The frame with this `id` was refused; without `id` and `op`, one that could not be read.',
  'push.price': 'A new tick.',
  'push.grid': 'The cells on offer.',
  'push.bet': 'A bet of yours was taken or settled.',
  'push.account': 'Your account after that.',
  'push.heartbeat': 'The server lives; `seq` is its newest tick.',
  'push.signed-out': 'The session ended: private channels are silent until the next `auth`.',
  'push.shutdown': 'The server ends soon: come back after `reconnectAfterMs`.',
};
