/**
 * The hash chain over recorded ticks: h_n = SHA-256(h_{n−1} ‖ canonical text of tick n), h_0 = 32 zero bytes.
 * Whoever knows one h_n can be shown the ticks before it and see that none was changed, added or left out.
 *
 * The canonical text is the only form in which a proof carries a tick: what is read is exactly what is
 * hashed.
 */
import { type IndexTick, SYMBOL, VENUE_MASK_MAX } from '../tick.ts';
import { cents } from '../units.ts';
import type { ProofHashes } from './proof-bytes.ts';

export const CHAIN_HASH_BYTES = 32;
/** h_0, before the first tick. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(CHAIN_HASH_BYTES);

/** A checkpoint closes every minute of tick time. */
const CHECKPOINT_INTERVAL_MS = 60_000;

const CANONICAL_TICK =
  /^(btc:usd)\|([1-9]\d{0,15})\|([1-9]\d{0,15})\|([1-9]\d{0,15})\|(ok|degraded)\|([1-9]\d{0,9})\|([01])$/;

/** `symbol|seq|atMs|priceCents|quality|venueMask|jump`, plain ASCII. */
export const canonicalTick = (tick: IndexTick): string =>
  `${tick.symbol}|${tick.seq}|${tick.atMs}|${tick.priceCents}|${tick.quality}|${tick.venueMask}|${
    tick.compositionJump ? 1 : 0
  }`;

/** The tick of a canonical text; undefined for any other text. */
export function parseCanonicalTick(text: unknown): IndexTick | undefined {
  const match = typeof text === 'string' ? CANONICAL_TICK.exec(text) : null;
  if (!match) return undefined;
  const [seq, atMs, priceCents, venueMask] = [match[2], match[3], match[4], match[6]].map(Number);
  if (!isExact(seq) || !isExact(atMs) || !isExact(priceCents) || !isExact(venueMask)) return undefined;
  if (venueMask > VENUE_MASK_MAX) return undefined;
  return {
    symbol: SYMBOL,
    seq,
    atMs,
    priceCents: cents(priceCents),
    quality: match[5] === 'degraded' ? 'degraded' : 'ok',
    venues: bitCount(venueMask),
    venueMask,
    compositionJump: match[7] === '1',
  };
}

/** One step of the chain. `canonical` is ASCII. */
export function chainStep(
  previous: Uint8Array,
  canonical: string,
  sha256: ProofHashes['sha256'],
): Uint8Array {
  const bytes = new Uint8Array(CHAIN_HASH_BYTES + canonical.length);
  bytes.set(previous);
  for (let i = 0; i < canonical.length; i += 1) bytes[CHAIN_HASH_BYTES + i] = canonical.charCodeAt(i);
  return sha256(bytes);
}

/** Whether `next` is the first tick of a new minute: the tick before it is a checkpoint. */
export const closesMinute = (previous: Pick<IndexTick, 'atMs'>, next: Pick<IndexTick, 'atMs'>): boolean =>
  Math.floor(previous.atMs / CHECKPOINT_INTERVAL_MS) !== Math.floor(next.atMs / CHECKPOINT_INTERVAL_MS);

const isExact = (value: number | undefined): value is number => Number.isSafeInteger(value);

function bitCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
