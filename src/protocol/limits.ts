/** Bounds on what a client may send and hold. Relations between them are asserted in test/protocol. */
/** Room for BETS_PER_BATCH_MAX bets or CELLS_PER_QUOTE_MAX cells, with the spaces some writers put in. */
export const BODY_BYTES_MAX = 16 * 1024;
export const FRAME_BYTES_MAX = 16 * 1024;
export const SOCKET_BACKPRESSURE_BYTES_MAX = 64 * 1024;
export const IDEMPOTENCY_KEY_LENGTH_MAX = 64;
export const SIGN_IN_MESSAGE_LENGTH_MAX = 2 * 1024;
export const TICKS_PER_READ_MAX = 5_000;
export const CANDLES_PER_READ_MAX = 3_600;
/** A day of checkpoints. */
export const CHECKPOINTS_PER_READ_MAX = 1_440;
export const BETS_PER_PAGE_MAX = 200;
/** As many bets as one request may place, and cells as one may ask the odds of. */
export const BETS_PER_BATCH_MAX = 20;
export const CELLS_PER_QUOTE_MAX = 50;
export const HEARTBEAT_INTERVAL_MS = 5_000;
/** A connection on which nothing was ever asked is closed after this long. */
export const IDLE_MS_MAX = 30_000;
