/** Requests of the HTTP client as they are written. */
import type { PlaceBetRequest } from '../protocol/api/place-bet-request.ts';
import type { BetStatus } from '../protocol/bet-view.ts';

/** A cell to be quoted; whatever else it has is left out. */
export type QuoteRequest = Omit<PlaceBetRequest, 'stakeMicros' | 'minMultiplier'> &
  Partial<Pick<PlaceBetRequest, 'stakeMicros'>>;

export interface BetsPage {
  readonly status?: BetStatus;
  readonly limit?: number;
  readonly beforeId?: string;
}

/** Only what belongs to a request, because the server refuses what it does not know. */
export const placedBet = (bet: PlaceBetRequest): PlaceBetRequest => ({
  ...quotedCell(bet),
  stakeMicros: bet.stakeMicros,
  minMultiplier: bet.minMultiplier,
});

export const quotedCell = ({
  symbol,
  kind,
  opensAtMs,
  closesAtMs,
  lowCents,
  highCents,
  stakeMicros,
}: QuoteRequest) => ({
  ...{ symbol, kind, opensAtMs, closesAtMs, lowCents, highCents },
  ...(stakeMicros !== undefined && { stakeMicros }),
});

export const pairOf = ([name, value]: [string, number]): [string, string] => [name, String(value)];

export function betsQuery(page: BetsPage): string {
  const query = new URLSearchParams();
  if (page.status !== undefined) query.set('status', page.status);
  if (page.limit !== undefined) query.set('limit', String(page.limit));
  if (page.beforeId !== undefined) query.set('beforeId', page.beforeId);
  return query.size === 0 ? '' : `?${query}`;
}
