/** A player with a wallet of its own, for tests against the running system. */
import {
  type BetView,
  createTouchlineClient,
  type GridView,
  newIdempotencyKey,
  type PlaceBetRequest,
  type SignInWallet,
  type TouchlineClient,
  TouchlineError,
  throwAwayWallet,
  type VerifyAnswer,
} from '../../src/client/index.ts';

export interface Player {
  readonly client: TouchlineClient;
  readonly wallet: SignInWallet;
  /** Lower-case address. */
  readonly address: string;
}

/** `retry: 1 attempt` shows a test every answer as it is. */
export async function createPlayer(url: string, attemptsMax = 1): Promise<Player> {
  const client = createTouchlineClient({ baseUrl: url, retry: { attemptsMax } });
  const wallet = await throwAwayWallet();
  const { wallet: address } = await patientSignIn(client, wallet);
  return { client, wallet, address };
}

/** A machine busy with starting may not answer the first sign-in in time; the next one has its own nonce. */
async function patientSignIn(client: TouchlineClient, wallet: SignInWallet): Promise<VerifyAnswer> {
  for (;;) {
    try {
      return await client.signIn(wallet);
    } catch (error) {
      if (!(error instanceof TouchlineError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    }
  }
}

/** A request for a cell of the grid: a touch, on a band with two edges. */
export interface TouchRequest extends PlaceBetRequest {
  lowCents: number;
  highCents: number;
}

/** Bets on the first open cells of the grid, column by column, nearest to the line first. */
export function cellsOf(grid: GridView, count: number, stakeMicros = '1000000'): TouchRequest[] {
  const cells = grid.columns.flatMap((opensAtMs, column) =>
    grid.rows
      .filter((_, row) => grid.multipliers[column]?.[row])
      .sort((a, b) => Math.abs(a - grid.priceCents) - Math.abs(b - grid.priceCents))
      .map((lowCents) => ({ opensAtMs, lowCents })),
  );
  return cells.slice(0, count).map(({ opensAtMs, lowCents }) => ({
    symbol: 'btc:usd',
    kind: 'touch',
    opensAtMs,
    closesAtMs: opensAtMs + grid.columnMs,
    lowCents,
    highCents: lowCents + grid.rowHeightCents,
    stakeMicros,
    minMultiplier: '1',
  }));
}

export interface KeyedBet {
  readonly key: string;
  readonly request: PlaceBetRequest;
}

export const keyed = (requests: readonly PlaceBetRequest[]): KeyedBet[] =>
  requests.map((request) => ({ key: newIdempotencyKey(), request }));

/** Resolves once `holds` is true of what `read` gives; the test's own timeout is the limit. */
export async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read().catch(() => undefined);
    if (value !== undefined && holds(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Bets on the cell nearest to the line; again while a busy machine makes that too late. */
export function placeOneBet({ client }: Player): Promise<BetView> {
  return until(
    async () => {
      const [request] = cellsOf(await client.grid(), 1);
      return request && client.placeBet(request);
    },
    (bet) => bet !== undefined,
  ) as Promise<BetView>;
}

/** Every bet of the player, over all pages. */
export async function allBets(client: TouchlineClient): Promise<BetView[]> {
  const bets: BetView[] = [];
  let beforeId: string | undefined;
  do {
    const page = await client.bets({ limit: 100, ...(beforeId === undefined ? {} : { beforeId }) });
    bets.push(...page.bets);
    beforeId = page.nextBeforeId;
  } while (beforeId !== undefined);
  return bets;
}
