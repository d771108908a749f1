/**
 * Picks cells as a player would, near the line and soon, and bets on them by turns over HTTP and WebSocket.
 */
import {
  type BetView,
  type GridView,
  newIdempotencyKey,
  type PlaceBetRequest,
  type TouchlineClient,
  TouchlineError,
  type TouchlineSocket,
} from '../../client/index.ts';

export interface PlacingOptions {
  readonly client: TouchlineClient;
  readonly socket: TouchlineSocket;
  readonly count: number;
  readonly stakeMicros: string;
}

export interface PlacingResult {
  readonly placed: readonly BetView[];
  readonly overHttp: number;
  readonly overWs: number;
  /** Refusals by code: a moving market refuses some. */
  readonly refusals: Readonly<Record<string, number>>;
}

/** What a refused bet may still be worth of the shown multiplier. */
const TOLERANCE = 0.8;
const ATTEMPTS_PER_BET = 10;
const RETRY_MS = 200;

/** Places `count` bets on different cells; gives up after ten times as many tries. */
export async function placeBets({
  client,
  socket,
  count,
  stakeMicros,
}: PlacingOptions): Promise<PlacingResult> {
  const placed: BetView[] = [];
  const refusals: Record<string, number> = {};
  const tried = new Set<string>();
  let overHttp = 0;
  let overWs = 0;
  for (let attempt = 0; placed.length < count && attempt < count * ATTEMPTS_PER_BET; attempt += 1) {
    const request = nextCell(await client.grid(), stakeMicros, tried);
    if (!request) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      continue;
    }
    const useSocket = placed.length % 2 === 1;
    const options = { idempotencyKey: newIdempotencyKey() };
    try {
      placed.push(useSocket ? await socket.place(request, options) : await client.placeBet(request, options));
      if (useSocket) overWs += 1;
      else overHttp += 1;
    } catch (error) {
      if (!(error instanceof TouchlineError)) throw error;
      refusals[error.code] = (refusals[error.code] ?? 0) + 1;
    }
  }
  return { placed, overHttp, overWs, refusals };
}

/** The open cell nearest to the line in the earliest column that was not tried before. */
function nextCell(grid: GridView, stakeMicros: string, tried: Set<string>): PlaceBetRequest | undefined {
  for (const [column, opensAtMs] of grid.columns.entries()) {
    const rows = grid.rows.map((lowCents, row) => ({
      lowCents,
      multiplier: grid.multipliers[column]?.[row],
    }));
    const middle = (lowCents: number): number =>
      Math.abs(lowCents + grid.rowHeightCents / 2 - grid.priceCents);
    rows.sort((a, b) => middle(a.lowCents) - middle(b.lowCents));
    for (const { lowCents, multiplier } of rows) {
      const key = `${opensAtMs}:${lowCents}`;
      if (!multiplier || tried.has(key)) continue;
      tried.add(key);
      const minMultiplier = Math.max(1, Number(multiplier) * TOLERANCE).toFixed(2);
      const closesAtMs = opensAtMs + grid.columnMs;
      const highCents = lowCents + grid.rowHeightCents;
      return {
        symbol: 'btc:usd',
        kind: 'touch',
        opensAtMs,
        closesAtMs,
        lowCents,
        highCents,
        stakeMicros,
        minMultiplier,
      };
    }
  }
  return undefined;
}
