/** Wallets the fuzzer acts for: signed in, and again when an input has ended a session. */
import { createTouchlineClient, throwAwayWallet } from '../../src/client/index.ts';
import { cellsOf } from '../support/player.ts';
import type { FuzzDice } from './fuzz-dice.ts';
import type { Knowledge, KnownCell } from './json-inputs.ts';

const WALLETS = 12;
const CELLS_KNOWN = 200;
export const NO_CELL: KnownCell = { opensAtMs: 5_000, closesAtMs: 10_000, lowCents: 0, highCents: 1_000 };
const RENEW_MS = 5_000;

type Client = ReturnType<typeof createTouchlineClient>;
type Wallet = Awaited<ReturnType<typeof throwAwayWallet>>;

export class Purses implements Knowledge {
  readonly nowMs = Date.now;
  readonly #purses: { readonly client: Client; readonly wallet: Wallet; token: string; betId: string }[] = [];
  #cells: readonly KnownCell[] = [NO_CELL];
  #timer: NodeJS.Timeout | undefined;

  static async open(url: string): Promise<Purses> {
    const purses = new Purses();
    for (let n = 0; n < WALLETS; n += 1) {
      const client = createTouchlineClient({ baseUrl: url, retry: { attemptsMax: 5 } });
      const wallet = await throwAwayWallet();
      const { token } = await client.signIn(wallet);
      purses.#purses.push({ client, wallet, token, betId: 'bet_1' });
    }
    purses.#timer = setInterval(() => void purses.#renewOne(), RENEW_MS / WALLETS);
    return purses;
  }

  token(dice: FuzzDice): string {
    return dice.pick(this.#purses).token;
  }

  betId(dice: FuzzDice): string {
    return dice.pick(this.#purses).betId;
  }

  cell(dice: FuzzDice): KnownCell {
    return dice.pick(this.#cells);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Each in turn. Whatever fails is tried again in the next round. */
  async #renewOne(): Promise<void> {
    const purse = this.#purses.shift();
    if (!purse) return;
    this.#purses.push(purse);
    try {
      const cells = cellsOf(await purse.client.grid(), CELLS_KNOWN);
      if (cells.length > 0) this.#cells = cells;
      purse.betId = (await purse.client.bets({ limit: 1 })).bets[0]?.id ?? purse.betId;
    } catch {
      const renewed = await purse.client.signIn(purse.wallet).catch(() => undefined);
      if (renewed) purse.token = renewed.token;
    }
  }
}
