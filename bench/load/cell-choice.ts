/**
 * Cells to bet on: what the grid offers, of all kinds in equal shares, each cell once a wallet. Columns are
 * far enough ahead that no bet settles while a round is measured; the rival never settles any.
 */
import type { GridView } from '../../src/protocol/api/frames.ts';

/** JSON of a bet, by identity of its cell. */
interface Choice {
  readonly key: string;
  readonly json: string;
}

const STAKE_MICROS = '100000';
const AHEAD_MS_MIN = 25_000;
/** Cells this likely have a counterpart of the other kind on offer, and open bands at their edge. */
const MULTIPLIER_MIN = 1.4;
const MULTIPLIER_MAX = 5;
const TRIES_MAX = 40;

export class CellChoice {
  #kinds: readonly (readonly Choice[])[] = [];
  #state = 1;

  /** Takes what the grid offers now. */
  learn(grid: GridView, nowMs: number): void {
    const touch: Choice[] = [];
    const noTouch: Choice[] = [];
    const inside: Choice[] = [];
    const outside: Choice[] = [];
    for (const [c, opensAtMs] of grid.columns.entries()) {
      if (opensAtMs < nowMs + AHEAD_MS_MIN) continue;
      const closesAtMs = opensAtMs + grid.columnMs;
      for (const [r, low] of grid.rows.entries()) {
        const multiplier = Number(grid.multipliers[c]?.[r] ?? 0);
        if (multiplier < MULTIPLIER_MIN || multiplier > MULTIPLIER_MAX) continue;
        const high = low + grid.rowHeightCents;
        const at = [opensAtMs, closesAtMs] as const;
        touch.push(choice('touch', ...at, low, high));
        noTouch.push(choice('no_touch', ...at, low, high));
        inside.push(choice('inside', ...at, low, null), choice('inside', ...at, null, low));
        outside.push(choice('outside', ...at, low, null), choice('outside', ...at, null, low));
      }
    }
    this.#kinds = [touch, noTouch, inside, outside];
  }

  /** The JSON of a bet on a cell that is not among `taken`, and puts it there. */
  next(taken: Set<string>): string {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const kind = this.#kinds[this.#draw(this.#kinds.length)] ?? [];
      const candidate = kind[this.#draw(kind.length)];
      if (!candidate || taken.has(candidate.key)) continue;
      taken.add(candidate.key);
      return candidate.json;
    }
    throw new Error('a wallet has no cell left: more wallets or a shorter round are needed');
  }

  #draw(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }
}

function choice(
  kind: string,
  opensAtMs: number,
  closesAtMs: number,
  lowCents: number | null,
  highCents: number | null,
): Choice {
  const cell = { symbol: 'btc:usd', kind, opensAtMs, closesAtMs, lowCents, highCents };
  return {
    key: `${kind}|${opensAtMs}|${lowCents}|${highCents}`,
    json: JSON.stringify({ ...cell, stakeMicros: STAKE_MICROS, minMultiplier: '1.01' }),
  };
}
