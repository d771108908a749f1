/** From a tap to a bet under way. */
import { type Client, newIdempotencyKey, type PlaceBetRequest } from '../src/client/index.ts';
import type { BetBook } from './bet-book.ts';
import { toast, toastError } from './panels/toasts.ts';
import type { PickedCell } from './plot/cell-layer.ts';
import type { Settings } from './settings.ts';

/** "2.35" less 5 % → "2.23", rounded down, and never below 1.00. */
export function minMultiplierBelow(multiplier: string, tolerancePercent: number): string {
  const hundredths = Math.round(Number(multiplier) * 100);
  const least = Math.max(100, Math.floor((hundredths * (100 - tolerancePercent)) / 100));
  return (least / 100).toFixed(2);
}

export async function placeBet(
  cell: PickedCell,
  { client, book, settings }: { client: Client; book: BetBook; settings: Settings },
): Promise<void> {
  const { multiplier, opensAtMs, closesAtMs, lowCents, highCents } = cell;
  if (multiplier === null) {
    toast('info', 'This cell takes no bets now. Try another.', 'CELL_DISABLED');
    return;
  }
  if (book.has(cell)) {
    toast('info', 'You already have a bet on this cell.', 'DUPLICATE_CELL');
    return;
  }
  const request: PlaceBetRequest = {
    symbol: 'btc:usd',
    kind: 'touch',
    opensAtMs,
    closesAtMs,
    lowCents,
    highCents,
    stakeMicros: String(settings.stakeMicros.value),
    minMultiplier: minMultiplierBelow(multiplier, settings.tolerancePercent.value),
  };
  const idempotencyKey = newIdempotencyKey();
  book.startPlacing(idempotencyKey, request, multiplier);
  try {
    book.endPlacing(idempotencyKey, await client.place(request, { idempotencyKey }));
  } catch (error) {
    book.endPlacing(idempotencyKey);
    toastError(error);
  }
}
