/** What a bettor wants of a grid and of a settled bet, in the shapes the other calls take. */
import type { GridView } from '../protocol/api/frames.ts';
import type { BetView } from '../protocol/bet-view.ts';

/** A cell of the grid that takes touch bets: what names it in requests, and the multiplier as shown. */
export interface OpenCell {
  readonly symbol: 'btc:usd';
  readonly kind: 'touch';
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number;
  readonly highCents: number;
  readonly multiplier: string;
}

/** Column by column, in each those nearest to the price first. */
export function openCells(grid: GridView): readonly OpenCell[] {
  const { columns, rows, columnMs, rowHeightCents, priceCents } = grid;
  const distance = (lowCents: number): number => Math.abs(lowCents + rowHeightCents / 2 - priceCents);
  return columns.flatMap((opensAtMs, column) =>
    rows
      .map((lowCents, row) => ({ lowCents, multiplier: grid.multipliers[column]?.[row] }))
      .filter((cell): cell is { lowCents: number; multiplier: string } => typeof cell.multiplier === 'string')
      .sort((a, b) => distance(a.lowCents) - distance(b.lowCents))
      .map(({ lowCents, multiplier }) => ({
        symbol: 'btc:usd',
        kind: 'touch',
        opensAtMs,
        closesAtMs: opensAtMs + columnMs,
        lowCents,
        highCents: lowCents + rowHeightCents,
        multiplier,
      })),
  );
}

/** What the bet brought, in micro-credits; of an open one, what it would if it were lost. */
export function profitMicros({ status, payoutMicros, stakeMicros }: BetView): bigint {
  if (status === 'void') return 0n;
  return (status === 'won' ? BigInt(payoutMicros) : 0n) - BigInt(stakeMicros);
}
