/** Bounds on what a client may send and hold. Relations between them are asserted in test/protocol. */
export const BODY_BYTES_MAX = 8 * 1024;
export const FRAME_BYTES_MAX = 4 * 1024;
export const SOCKET_BACKPRESSURE_BYTES_MAX = 64 * 1024;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 64;
export const SIGN_IN_MESSAGE_LENGTH_MAX = 2 * 1024;
export const TICKS_PER_READ_MAX = 5_000;
export const CANDLES_PER_READ_MAX = 3_600;
/** A day of checkpoints. */
export const CHECKPOINTS_PER_READ_MAX = 1_440;
export const BETS_PER_PAGE_MAX = 200;
export const HEARTBEAT_INTERVAL_MS = 5_000;
