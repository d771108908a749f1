/**
 * The other kinds of bet on a followed cell: its opposite, where the price is at the close, and up or down
 * from its low edge. All are quoted with what the touch was quoted with.
 */
import type { FollowedCell } from '../../domain/calibration/calibration.ts';
import type { PricedKind } from '../../domain/pricing/cell-probability.ts';
import { type CellQuote, quoteCell } from '../../domain/pricing/odds.ts';
import { type Cents, cents, micros } from '../../domain/units.ts';

export interface KindQuote {
  readonly name: string;
  readonly quote: CellQuote;
  readonly isHit: boolean;
}

export function otherKinds(cell: FollowedCell): KindQuote[] {
  const { moment, outcome, priced } = cell;
  const low = cents(cell.lowCents);
  const high = cents(cell.lowCents + moment.rowHeightCents);
  const { closeCents } = outcome;
  const isInside = closeCents >= low && closeCents < high;
  const quote = (kind: PricedKind, lowCents: Cents | null, highCents: Cents | null): CellQuote =>
    quoteCell({
      ...priced,
      cell: { kind, opensAtMs: outcome.opensAtMs, closesAtMs: outcome.closesAtMs, lowCents, highCents },
      priceCents: moment.priceCents,
      atMs: moment.atMs,
      exposureMicros: micros(0),
      exposureCapMicros: micros(1),
    });
  return [
    { name: 'no_touch', quote: quote('no_touch', low, high), isHit: !cell.isHit },
    { name: 'inside', quote: quote('inside', low, high), isHit: isInside },
    { name: 'outside', quote: quote('outside', low, high), isHit: !isInside },
    { name: 'up', quote: quote('inside', low, null), isHit: closeCents >= low },
    { name: 'down', quote: quote('inside', null, low), isHit: closeCents < low },
  ];
}
