/**
 * Cells to bet on: what the grid offers, of all kinds in equal shares, each cell once a wallet. Columns are
 * far enough ahead that no bet settles while a round is measured; the rival never settles any. A wallet that
 * has them all goes on with finer rows and edges.
 */
import { ROW_HEIGHTS_CENTS } from '../../src/domain/cell.ts';
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
  #finer: readonly Choice[] = [];
  #state = 1;

  /** Takes what the grid offers now. */
  learn(grid: GridView, nowMs: number): void {
    const touch: Choice[] = [];
    const noTouch: Choice[] = [];
    const inside: Choice[] = [];
    const outside: Choice[] = [];
    const finer: Choice[] = [];
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
        finer.push(...finerChoices(at, low, grid.rowHeightCents));
      }
    }
    this.#kinds = [touch, noTouch, inside, outside];
    this.#finer = finer;
  }

  /** The JSON of a bet on a cell that is not among `taken`, and puts it there. */
  next(taken: Set<string>): string {
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const kinds = tries < TRIES_MAX / 2 ? this.#kinds : [this.#finer];
      const kind = kinds[this.#draw(kinds.length)] ?? [];
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

/** Inside one row of the grid: rows of the next smaller height, and edges between them. */
function finerChoices(at: readonly [number, number], low: number, heightCents: number): Choice[] {
  const height = ROW_HEIGHTS_CENTS.findLast((cents) => cents < heightCents && heightCents % cents === 0);
  if (height === undefined) return [];
  const choices: Choice[] = [];
  for (let edge = low; edge < low + heightCents; edge += height) {
    choices.push(choice('touch', ...at, edge, edge + height));
    if (edge > low) choices.push(choice('inside', ...at, edge, null), choice('outside', ...at, edge, null));
  }
  return choices;
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
