/**
 * The multiplier of a bet on a cell, at a tick, for any stake. The chance is worked out once; the edge counts
 * the bet's own exposure, so that a large bet pays for the room it takes.
 *
 * The exposure of a bet depends on its multiplier and the other way round, so it is taken at the multiplier
 * the cell has without it, which is never lower: the edge errs on the side of the house.
 * Invariant: a larger stake never has a better multiplier.
 */
import { type Cell, type CellShapeError, cellShapeError } from './cell.ts';
import type { MarketBook } from './market-book.ts';
import {
  type CalibratedChance,
  type CellDisabledReason,
  type CellQuote,
  capUse,
  chanceOfCell,
  type EdgeParts,
  edgePartsOf,
  type PricedMoment,
  quoteOfChance,
} from './pricing/odds.ts';
import { capMicrosFloor } from './rules.ts';
import type { IndexTick } from './tick.ts';
import { addMicros, type Micros, micros, payoutMicrosFloor, subMicros } from './units.ts';

/** A cell that nobody prices. */
export interface Unpriced {
  readonly status: 'disabled';
  readonly reason: CellDisabledReason | CellShapeError;
}

/** `tick` is the executing one, already applied to the book. */
export function priceCell(book: MarketBook, cell: Cell, tick: IndexTick): BetPrice | Unpriced {
  const shapeError = cellShapeError(cell);
  if (shapeError) return { status: 'disabled', reason: shapeError };
  const { odds, rules } = book;
  const { priceCents, atMs } = tick;
  const { calibration } = odds;
  const moment = { ...odds.forecast, calibration, tickMs: rules.tickMs, rules: rules.odds };
  const chance = chanceOfCell({ ...moment, cell, priceCents, atMs });
  return 'status' in chance ? chance : new BetPrice(book, cell, chance, moment);
}

export class BetPrice {
  readonly status = 'priced';
  readonly #chance: CalibratedChance;
  readonly #moment: PricedMoment;
  readonly #maxStakeMicros: Micros;
  readonly #cell: Room;
  readonly #column: Room;
  readonly #without: CellQuote;

  constructor(book: MarketBook, cell: Cell, chance: CalibratedChance, moment: PricedMoment) {
    const { exposure, rules } = book;
    const { houseBankrollMicros, caps } = rules;
    this.#chance = chance;
    this.#moment = moment;
    this.#maxStakeMicros = rules.maxStakeMicros;
    this.#cell = {
      usedMicros: exposure.cellMicros(cell),
      capMicros: capMicrosFloor(houseBankrollMicros, caps.cell),
    };
    this.#column = {
      usedMicros: exposure.columnMicros(cell),
      capMicros: capMicrosFloor(houseBankrollMicros, caps.column),
    };
    this.#without = this.#quoteWith(micros(0));
  }

  /** A stake above the limit is priced as the limit. */
  quoteFor(stakeMicros: Micros): CellQuote {
    if (this.#without.status === 'disabled') return this.#without;
    return this.#quoteWith(this.#ownMicros(stakeMicros, this.#without.multiplier));
  }

  /** What the edge of `quoteFor` is made of. */
  edgeFor(stakeMicros: Micros): EdgeParts {
    const own =
      this.#without.status === 'disabled'
        ? micros(0)
        : this.#ownMicros(stakeMicros, this.#without.multiplier);
    return edgePartsOf(this.#chance, this.#moment, this.#useWith(own));
  }

  #ownMicros(stakeMicros: Micros, multiplier: Parameters<typeof payoutMicrosFloor>[1]): Micros {
    const pricedMicros = micros(Math.min(stakeMicros, this.#maxStakeMicros));
    return subMicros(payoutMicrosFloor(pricedMicros, multiplier), pricedMicros);
  }

  #quoteWith(ownMicros: Micros): CellQuote {
    return quoteOfChance(this.#chance, this.#moment, this.#useWith(ownMicros));
  }

  /** What counts for the edge: the cell or its column, whichever is nearer to its cap. */
  #useWith(ownMicros: Micros): number {
    return Math.max(useOf(this.#cell, ownMicros), useOf(this.#column, ownMicros));
  }
}

interface Room {
  readonly usedMicros: Micros;
  readonly capMicros: Micros;
}

const useOf = ({ usedMicros, capMicros }: Room, ownMicros: Micros): number =>
  capUse(addMicros(usedMicros, ownMicros), capMicros);
