/** What identifies a request to place a bet, and the bet it becomes. A retry has the same key and body. */
import { hash } from 'node:crypto';
import type { PlaceBetBody } from '../../protocol/letters/resolver.ts';
import type { RequestKey } from './ledger-store.ts';

const TICK_HEX_DIGITS = 12;
const PLACE_HEX_DIGITS = 6;
const OWN_HEX_DIGITS = 14;
/** As many as an integer of SQLite has room for in six bytes. */
const HASH_HEX_DIGITS = 12;

const sha256Hex = (text: string): string => hash('sha256', text);

/** Neither wallets nor keys contain the separator. */
export const requestKeyText = ({ wallet, idempotencyKey }: RequestKey): string =>
  `${wallet}|${idempotencyKey}`;

/**
 * The first 48 bits of SHA-256 of the key's text. Keys may share one, but nobody can make many that do: a
 * look-up that goes on from here stays short.
 */
export const requestHash = (key: RequestKey): number =>
  Number.parseInt(sha256Hex(requestKeyText(key)).slice(0, HASH_HEX_DIGITS), 16);

/** What migrations of the ledger call. */
export const LEDGER_FUNCTIONS = {
  request_hash: (wallet: string, idempotencyKey: string): number => requestHash({ wallet, idempotencyKey }),
};

/**
 * In the order of acceptance: a tick's seq, the bet's place among those executed at that tick, and some of
 * its own digits. Unique, as no tick executes bets twice; neighbours in time are neighbours in an index.
 */
export const betIdAt = (tickSeq: number, place: number, fingerprint: string): string => {
  const own = fingerprint.slice(0, OWN_HEX_DIGITS);
  return `bet_${hexOf(tickSeq, TICK_HEX_DIGITS)}${hexOf(place, PLACE_HEX_DIGITS)}${own}`;
};

const hexOf = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');

/** SHA-256 of the body in one canonical form: its fields in a fixed order, so that only values count. */
export function fingerprintOf({ wallet, cell, stakeMicros, minMultiplier }: PlaceBetBody): string {
  const { symbol, kind, opensAtMs, closesAtMs, lowCents, highCents } = cell;
  const fields = [
    wallet,
    symbol,
    kind,
    opensAtMs,
    closesAtMs,
    lowCents,
    highCents,
    stakeMicros,
    minMultiplier,
  ];
  return sha256Hex(JSON.stringify(fields));
}
