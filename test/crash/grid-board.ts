/** The grid as last seen, shared by all bettors of a run. */
import { createTouchlineClient, type GridView, type PlaceBetRequest } from '../../src/client/index.ts';
import { cellsOf } from '../support/player.ts';

const POLL_MS = 250;
const COLUMNS = 3;
const OPEN_AHEAD_MS_MIN = 6_500;

export class GridBoard {
  readonly #client;
  readonly #timer: NodeJS.Timeout;
  #cells: readonly PlaceBetRequest[] = [];

  constructor(url: string) {
    this.#client = createTouchlineClient({
      baseUrl: url,
      requestTimeoutMs: 1_000,
      retry: { attemptsMax: 1 },
    });
    this.#timer = setInterval(() => void this.#look(), POLL_MS);
  }

  /** Open cells of the next columns, nearest to the line first; they settle within some twenty seconds. */
  cells(): readonly PlaceBetRequest[] {
    return this.#cells;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    try {
      this.#cells = cellsOf(nearColumns(await this.#client.grid()), Number.POSITIVE_INFINITY);
    } catch {
      // The system is down just now. Old cells will do: a refusal is an answer too.
    }
  }
}

/** The next columns that stay open long enough for a bet to get there; they lock 5 s before they open. */
function nearColumns(grid: GridView): GridView {
  const first = grid.columns.findIndex((opensAtMs) => opensAtMs - Date.now() > OPEN_AHEAD_MS_MIN);
  const near = <T>(list: readonly T[]): T[] => (first < 0 ? [] : list.slice(first, first + COLUMNS));
  return { ...grid, columns: near(grid.columns), multipliers: near(grid.multipliers) };
}
