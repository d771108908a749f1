/**
 * Pushes in the `msgpack` subprotocol: arrays with fixed places instead of maps with names. A price is 29
 * bytes instead of 125, or 190 in JSON. Answers stay maps, and so does the bet in a push of one.
 *
 *   [1, n, seq, atMs, priceCents, quality, venues, venueMask, compositionJump]      price
 *   [2, n, seq, atMs, priceCents, columnMs, rowHeightCents, columns, rows, multipliers, rulesVersion]   grid
 *   [3, n, seq, event, pos, bet]                                                    bet
 *   [4, n, seq, pos, wallet, balanceMicros, stakedMicros, openBets]                 account
 *   [5, n, seq, atMs]                                                               heartbeat
 *   [6, n, seq]                                                                     signed-out
 *   [7, n, seq, reconnectAfterMs]                                                   shutdown
 *
 * `quality`: 0 ok, 1 degraded. `compositionJump`: 0 or 1. `multipliers`: [column][row] in hundredths, or
 * null. `event`: 0 BetAccepted, 1 BetSettled. `pos`: null where the named form has none. `n` is always a
 * uint 32.
 */
import { SYMBOL } from '../../domain/tick.ts';
import { formatMultiplier, hundredths, parseMultiplier } from '../../domain/units.ts';
import type { GridView, PushFrame } from './frames.ts';

/** A push without its `n`; distributes over the union. */
export type PushBody = PushFrame extends infer F ? (F extends PushFrame ? Omit<F, 'n'> : never) : never;

/** After `[code, n`. */
export type CompactPush = readonly [code: number, n: number, seq: number, ...rest: unknown[]];

export const PUSH_CODES = {
  price: 1,
  grid: 2,
  bet: 3,
  account: 4,
  heartbeat: 5,
  'signed-out': 6,
  shutdown: 7,
} as const satisfies Record<PushFrame['push'], number>;

const QUALITIES = ['ok', 'degraded'] as const;
const EVENTS = ['BetAccepted', 'BetSettled'] as const;

/** What follows `n`. */
export function compactRest(body: PushBody): readonly unknown[] {
  const { seq } = body;
  switch (body.push) {
    case 'price': {
      const { atMs, priceCents, quality, venues, venueMask, compositionJump } = body.tick;
      const jump = compositionJump ? 1 : 0;
      return [seq, atMs, priceCents, QUALITIES.indexOf(quality), venues, venueMask, jump];
    }
    case 'grid': {
      const { atMs, priceCents, columnMs, rowHeightCents, columns, rows, multipliers, rulesVersion } =
        body.grid;
      const cells = multipliers.map((column) => column.map((shown) => parseMultiplier(shown ?? '') ?? null));
      return [seq, atMs, priceCents, columnMs, rowHeightCents, columns, rows, cells, rulesVersion];
    }
    case 'bet':
      return [seq, EVENTS.indexOf(body.event), body.pos ?? null, body.bet];
    case 'account': {
      const { wallet, balanceMicros, stakedMicros, openBets } = body.account;
      return [seq, body.pos ?? null, wallet, balanceMicros, stakedMicros, openBets];
    }
    case 'heartbeat':
      return [seq, body.atMs];
    case 'shutdown':
      return [seq, body.reconnectAfterMs];
    default:
      return [seq];
  }
}

/** The named form of a compact push; undefined for a code of a newer server. Trusts the server otherwise. */
export function expandPush([code, n, seq, ...rest]: CompactPush): PushFrame | undefined {
  switch (code) {
    case PUSH_CODES.price: {
      const [atMs, priceCents, quality, venues, venueMask, jump] = rest as number[];
      const tick = {
        symbol: SYMBOL,
        seq,
        atMs,
        priceCents,
        quality: QUALITIES[quality ?? 0],
        venues,
        venueMask,
      };
      return { push: 'price', n, seq, tick: { ...tick, compositionJump: jump === 1 } } as PushFrame;
    }
    case PUSH_CODES.grid:
      return { push: 'grid', n, seq, grid: expandGrid(seq, rest) };
    case PUSH_CODES.bet: {
      const [event, pos, bet] = rest;
      return { push: 'bet', n, seq, event: EVENTS[Number(event)], bet, ...posOf(pos) } as PushFrame;
    }
    case PUSH_CODES.account: {
      const [pos, wallet, balanceMicros, stakedMicros, openBets] = rest;
      const account = { wallet, balanceMicros, stakedMicros, openBets };
      return { push: 'account', n, seq, account, ...posOf(pos) } as PushFrame;
    }
    case PUSH_CODES.heartbeat:
      return { push: 'heartbeat', n, seq, atMs: Number(rest[0]) };
    case PUSH_CODES['signed-out']:
      return { push: 'signed-out', n, seq };
    case PUSH_CODES.shutdown:
      return { push: 'shutdown', n, seq, reconnectAfterMs: Number(rest[0]) };
    default:
      return undefined;
  }
}

export const isCompactPush = (value: unknown): value is CompactPush =>
  Array.isArray(value) && value.length >= 3 && value.slice(0, 3).every(Number.isSafeInteger);

function expandGrid(seq: number, rest: readonly unknown[]): GridView {
  const [atMs, priceCents, columnMs, rowHeightCents, columns, rows, cells, rulesVersion] = rest;
  const multipliers = (cells as (number | null)[][]).map((column) =>
    column.map((shown) => (shown === null ? null : formatMultiplier(hundredths(shown)))),
  );
  const grid = { atMs, seq, priceCents, columnMs, rowHeightCents, columns, rows, multipliers, rulesVersion };
  return grid as GridView;
}

const posOf = (pos: unknown): { readonly pos?: number } => (typeof pos === 'number' ? { pos } : {});
