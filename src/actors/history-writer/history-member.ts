/**
 * How one tick is one member of the sorted set: `seq:atMs:priceCents:quality:venues`, plain text, so that
 * two ticks with the same price stay two members and an operator can read them.
 */
import { type IndexTick, SYMBOL } from '../../domain/tick.ts';
import { isIndexTick } from './tick-intake.ts';

export const encodeMember = (tick: IndexTick): string =>
  `${tick.seq}:${tick.atMs}:${tick.priceCents}:${tick.quality}:${tick.venues}`;

/** Undefined for anything `encodeMember` does not write. */
export function decodeMember(member: string): IndexTick | undefined {
  const [seq, atMs, priceCents, quality, venues, ...rest] = member.split(':');
  if (rest.length > 0) return undefined;
  const tick: unknown = {
    symbol: SYMBOL,
    seq: Number(seq),
    atMs: Number(atMs),
    priceCents: Number(priceCents),
    quality,
    venues: Number(venues),
  };
  return isIndexTick(tick) && encodeMember(tick) === member ? tick : undefined;
}
