/**
 * Every Redis key and channel Touchline uses, and how long it lives. No other file spells a key.
 * The first six are those of the architecture decision "Redis for cache, sessions and pub/sub".
 *
 * Contract: any key may vanish at any time (allkeys-lru); nothing that matters lives only here.
 */
import type { MarketSymbol } from '../domain/tick.ts';

/** Lower-case hex wallet → String, JSON of the session (a hash of the token, never the token). */
export const sessionKey = (wallet: string): string => `session:${wallet}`;
export const SESSION_TTL_SECONDS = 24 * 60 * 60;
/** A session nobody has used for this long has ended, too. */
export const SESSION_IDLE_SECONDS = 60 * 60;

/** Lower-case hex wallet → String, bets placed in the running minute. */
export const rateLimitKey = (wallet: string): string => `rate_limit:${wallet}`;
export const RATE_LIMIT_TTL_SECONDS = 60;

/** An address, or the /64 of one → String, its tokens for signing in; lives until they are all back. */
export const addressLimitKey = (address: string): string => `limit:${address}`;

/** String, JSON of the newest tick. */
export const priceKey = (symbol: MarketSymbol): string => `price:${symbol}`;
export const PRICE_TTL_SECONDS = 60 * 60;

/** Sorted set of recorded ticks, packed; score = time of the member's first tick. Kept: PRICE_HISTORY_MS. */
export const priceHistoryKey = (symbol: MarketSymbol): string => `prices:${symbol}:ts`;
export const PRICE_HISTORY_MS = 7 * 24 * 60 * 60 * 1000;
export const PRICE_HISTORY_TTL_SECONDS = PRICE_HISTORY_MS / 1000;

/** String, the msgpack of one relative grid of reward rates. `params` says which. */
export const gridCacheKey = (params: string): string => `cache:grid:${params}`;
export const GRID_CACHE_TTL_SECONDS = 5 * 60;

/** Set of connected clients, one member a socket: `<broadcaster>:<connection>`. */
export const CLIENTS_KEY = 'ws:clients';
export const CLIENTS_TTL_SECONDS = 60;

/** One-time sign-in nonce → String. Consumed by GETDEL. */
export const nonceKey = (nonce: string): string => `nonce:${nonce}`;
export const NONCE_TTL_SECONDS = 5 * 60;

/** Stream with one consumer group: the letters of one actor. */
export const mailboxKey = (actor: string): string => `mailbox:${actor}`;
/** Stream with one consumer group: letters of one actor that go before the ordinary ones. */
export const controlMailboxKey = (actor: string): string => `mailbox:${actor}:control`;
/** Sorted set: ids of letters posted once already, newest kept. */
export const postedIdsKey = (actor: string): string => `mailbox:${actor}:ids`;
/** Sorted set: ids of letters of one actor held until they are due, by that instant (Redis' clock, µs). */
export const delayedKey = (actor: string): string => `delayed:${actor}`;
/** The same for its control letters. */
export const delayedControlKey = (actor: string): string => `delayed:${actor}:control`;
/** Hash: the letters of one such set, by id. It exists as long as the set does. */
export const heldLettersKey = (delayed: string): string => `${delayed}:letters`;
/** String, there while its supervisor knows that the actor is down and coming back. */
export const downKey = (actor: string): string => `down:${actor}`;
/** Stream: the answers to this actor's own asks. */
export const repliesKey = (actor: string): string => `replies:${actor}`;
/** Stream: letters given up on, each with its last error. */
export const deadLettersKey = (actor: string): string => `dead:${actor}`;
/** The actor of a dead letters key. */
export const actorOfDeadLettersKey = (key: string): string => key.slice(deadLettersKey('').length);

/** Stream: events of one writer, each under the number its log gave it. */
export const outboxKey = (name: string): string => `outbox:${name}`;

/** String, JSON of the newest head of the ledger's chain: a copy of what stands beside the ledger. */
export const LEDGER_HEAD_KEY = 'ledger:head';
export const LEDGER_HEAD_TTL_SECONDS = 30 * 24 * 60 * 60;

/** Channel: every index tick as it is published (newest wins). */
export const priceChannel = (symbol: MarketSymbol): string => `prices:${symbol}`;
/** Channel: the state of the market (volatility, row height, pauses) about once a second. */
export const marketChannel = (symbol: MarketSymbol): string => `market:${symbol}`;
/** Channel: how the feed's venues stand, about once a second. */
export const feedChannel = (symbol: MarketSymbol): string => `feed:${symbol}`;
/** Channel: sessions that ended, so that sockets signed in with them are signed out. */
export const SESSIONS_CHANNEL = 'sessions';
