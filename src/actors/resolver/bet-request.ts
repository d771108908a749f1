/** What identifies a request to place a bet, and the bet it becomes: a retry makes the same ids. */
import { hash } from 'node:crypto';
import type { PlaceBetBody } from '../../protocol/letters/resolver.ts';
import type { RequestKey } from './ledger-store.ts';

const BET_ID_HEX_DIGITS = 32;

const sha256Hex = (text: string): string => hash('sha256', text);

/** Neither wallets nor keys contain the separator. */
export const requestKeyText = ({ wallet, idempotencyKey }: RequestKey): string =>
  `${wallet}|${idempotencyKey}`;

export const betIdOf = (key: RequestKey): string =>
  `bet_${sha256Hex(requestKeyText(key)).slice(0, BET_ID_HEX_DIGITS)}`;

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
