/**
 * Follows up the offered cells and learns how often cells like them are hit, against what was implied.
 *
 * `observe` takes note of a moment, standing for all cells its grid offered; `settle` is told what the
 * price did in a column and books all cells that a noted moment offered there, bet on or not; `publish`
 * renews the table that quotes are corrected with. Causal: a quote depends on columns that closed before it.
 * Deterministic and restorable (`snapshot`). Cells of one column and moment hit or miss together, so for each
 * knot they count as one piece of evidence at most. Evidence halves every `halfLifeSeconds`; the fitted prior
 * weighs as much as the moments of `priorSeconds`. Non-goal: watching the price (calibration-feed.ts).
 */
import { rowOf } from '../cell.ts';
import { aboveChance, touchChance } from '../pricing/cell-probability.ts';
import { type CellQuote, correctedTouch, type PricedMoment, quoteOfChance } from '../pricing/odds.ts';
import type { MarketRules } from '../rules.ts';
import type { Cents } from '../units.ts';
import { type CalibrationTable, calibrationTable, familyOffset } from './calibration-table.ts';
import {
  type CalibrationFamily,
  columnPlace,
  FAMILY_SIZE,
  LOGIT_KNOTS,
  logitPlace,
  TABLE_SIZE,
} from './knots.ts';

/** A moment whose offered cells are followed up. */
export interface CalibrationMoment {
  readonly atMs: number;
  readonly priceCents: Cents;
  readonly sigmaPerSqrtSecond: number;
  readonly regime: number;
  readonly rowHeightCents: number;
}

/** What the price did in the closed window of a column. */
export interface ColumnOutcome {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowestCents: number;
  readonly highestCents: number;
  readonly closeCents: number;
  /** Something was wrong in the window: nothing is learned from it. */
  readonly isVoid: boolean;
}

/** A followed cell when its column closes. */
export interface FollowedCell {
  readonly moment: CalibrationMoment;
  /** What it was priced with. */
  readonly priced: PricedMoment;
  readonly outcome: ColumnOutcome;
  readonly lowCents: number;
  /** Its probability before the correction. */
  readonly uncorrected: number;
  readonly quote: CellQuote;
  /** Of no meaning if the outcome is void. */
  readonly isHit: boolean;
}

export type CellWitness = (cell: FollowedCell) => void;

/** Plain, for JSON. Tables are listed once; samples name theirs by index. */
export interface CalibrationSnapshot {
  readonly implied: readonly number[];
  readonly realised: readonly number[];
  readonly decayedAtMs: number;
  readonly tables: readonly CalibrationTable[];
  readonly samples: readonly (CalibrationMoment & { readonly table: number })[];
}

interface Sample {
  readonly moment: CalibrationMoment;
  readonly table: CalibrationTable;
}

/** Cells outside of these are too rare or too common to learn from. */
const OBSERVED_MIN = 0.004;
const OBSERVED_MAX = 0.98;

export class Calibration {
  readonly #rules: MarketRules;
  readonly #prior: readonly number[];
  readonly #implied: Float64Array;
  readonly #realised: Float64Array;
  #samples: Sample[];
  #decayedAtMs: number;
  #table: CalibrationTable;

  /** `prior`: realised over implied at each knot, as fitted on history. */
  constructor(rules: MarketRules, prior: readonly number[], snapshot?: CalibrationSnapshot) {
    this.#rules = rules;
    this.#prior = prior;
    this.#implied = Float64Array.from(snapshot?.implied ?? new Array<number>(TABLE_SIZE).fill(0));
    this.#realised = Float64Array.from(snapshot?.realised ?? new Array<number>(TABLE_SIZE).fill(0));
    this.#decayedAtMs = snapshot?.decayedAtMs ?? 0;
    const newest = snapshot?.tables[snapshot.tables.length - 1];
    this.#table = newest ?? this.#computeTable();
    this.#samples = (snapshot?.samples ?? []).map(({ table, ...moment }) => ({
      moment,
      table: snapshot?.tables[table] ?? this.#table,
    }));
  }

  /** The correction in force. */
  get table(): CalibrationTable {
    return this.#table;
  }

  observe(moment: CalibrationMoment): void {
    this.#samples.push({ moment, table: this.#table });
  }

  /** Columns must be settled in order. */
  settle(outcome: ColumnOutcome, witness?: CellWitness): void {
    const { lockMs, odds } = this.#rules;
    this.#decayTo(outcome.closesAtMs);
    this.#samples = this.#samples.filter(({ moment }) => outcome.opensAtMs - moment.atMs <= odds.horizonMs);
    for (const sample of this.#samples) {
      if (outcome.opensAtMs - sample.moment.atMs < lockMs) continue;
      this.#bookTouches(sample, outcome, witness);
      if (!outcome.isVoid) this.#bookTails(sample, outcome);
    }
  }

  /** Renews the table from what is booked. */
  publish(): CalibrationTable {
    this.#table = this.#computeTable();
    return this.#table;
  }

  snapshot(): CalibrationSnapshot {
    const tables = [...new Set([...this.#samples.map(({ table }) => table), this.#table])];
    // The one in force last, whether or not a sample has it too.
    tables.sort((a, b) => Number(a === this.#table) - Number(b === this.#table));
    return {
      implied: [...this.#implied],
      realised: [...this.#realised],
      decayedAtMs: this.#decayedAtMs,
      tables,
      samples: this.#samples.map(({ moment, table }) => ({ ...moment, table: tables.indexOf(table) })),
    };
  }

  #bookTouches({ moment, table }: Sample, outcome: ColumnOutcome, witness: CellWitness | undefined): void {
    const { odds, tickMs } = this.#rules;
    const { sigmaPerSqrtSecond, regime, rowHeightCents, priceCents } = moment;
    const priced: PricedMoment = { sigmaPerSqrtSecond, regime, calibration: table, tickMs, rules: odds };
    const opensIn = (outcome.opensAtMs - moment.atMs) / 1_000;
    const closesIn = (outcome.closesAtMs - moment.atMs) / 1_000;
    const evidence = new ColumnEvidence('touch', opensIn, regime);
    let lowCents = this.#lowestRow(moment);
    let logLow = Math.log(lowCents / priceCents);
    for (let row = 0; row < this.#rules.grid.rows; row += 1, lowCents += rowHeightCents) {
      const logHigh = Math.log((lowCents + rowHeightCents) / priceCents);
      const band = { logLow, logHigh, opensIn, closesIn };
      logLow = logHigh;
      const base = touchChance(band, sigmaPerSqrtSecond, tickMs / 1_000, odds.tails);
      if (!(base.probability >= OBSERVED_MIN && base.probability <= OBSERVED_MAX)) continue;
      const isHit = outcome.lowestCents <= lowCents + rowHeightCents && outcome.highestCents >= lowCents;
      evidence.add(base.probability, isHit);
      if (!witness) continue;
      const quote = quoteOfChance(correctedTouch(base, opensIn, priced), priced);
      witness({ moment, priced, outcome, lowCents, uncorrected: base.probability, quote, isHit });
    }
    if (!outcome.isVoid) evidence.bookInto(this.#implied, this.#realised);
  }

  /** The smaller side of every edge between two rows. */
  #bookTails({ moment }: Sample, outcome: ColumnOutcome): void {
    const { sigmaPerSqrtSecond, regime, rowHeightCents, priceCents } = moment;
    const closesIn = (outcome.closesAtMs - moment.atMs) / 1_000;
    const evidence = new ColumnEvidence('tail', closesIn, regime);
    let edgeCents = this.#lowestRow(moment);
    for (let edge = 0; edge <= this.#rules.grid.rows; edge += 1, edgeCents += rowHeightCents) {
      const logEdge = Math.log(edgeCents / priceCents);
      const above = aboveChance(logEdge, closesIn, sigmaPerSqrtSecond, this.#rules.odds.tails).probability;
      const isAbove = outcome.closeCents >= edgeCents;
      const smaller = logEdge >= 0 ? above : 1 - above;
      if (smaller >= OBSERVED_MIN) evidence.add(smaller, logEdge >= 0 === isAbove);
    }
    evidence.bookInto(this.#implied, this.#realised);
  }

  #lowestRow({ priceCents, rowHeightCents }: CalibrationMoment): number {
    return rowOf(priceCents, rowHeightCents).lowCents - ((this.#rules.grid.rows - 1) / 2) * rowHeightCents;
  }

  #decayTo(atMs: number): void {
    const seconds = (atMs - this.#decayedAtMs) / 1_000;
    if (this.#decayedAtMs > 0 && seconds > 0) {
      const factor = 2 ** (-seconds / this.#rules.calibration.halfLifeSeconds);
      for (let k = 0; k < TABLE_SIZE; k += 1) {
        this.#implied[k] = (this.#implied[k] ?? 0) * factor;
        this.#realised[k] = (this.#realised[k] ?? 0) * factor;
      }
    }
    this.#decayedAtMs = Math.max(this.#decayedAtMs, atMs);
  }

  #computeTable(): CalibrationTable {
    const { priorSeconds, sampleMs, edgeThinWeight, edgeDriftWeight, edgeMax } = this.#rules.calibration;
    const priorSamples = (1_000 * priorSeconds) / sampleMs;
    const ratios: number[] = [];
    const edges: number[] = [];
    for (let k = 0; k < TABLE_SIZE; k += 1) {
      const fitted = this.#prior[k] ?? 1;
      const priorImplied = priorSamples * probabilityOfKnot(k);
      const implied = (this.#implied[k] ?? 0) + priorImplied;
      const ratio = ((this.#realised[k] ?? 0) + priorImplied * fitted) / implied;
      // Thin by what was seen alone: of the fitted ratio it is not known how well it suits these days.
      const thin = edgeThinWeight / Math.sqrt(implied);
      const drift = edgeDriftWeight * Math.abs(Math.log(Math.max(ratio, 0.01) / fitted));
      ratios.push(ratio);
      edges.push(Math.min(edgeMax, thin + drift));
    }
    return calibrationTable(ratios, edges);
  }
}

/** What the cells of one column and moment say, knot by knot; at most one observation each. */
class ColumnEvidence {
  readonly #place: ReturnType<typeof columnPlace>;
  readonly #weight = new Float64Array(LOGIT_KNOTS.length);
  readonly #implied = new Float64Array(LOGIT_KNOTS.length);
  readonly #realised = new Float64Array(LOGIT_KNOTS.length);

  constructor(family: CalibrationFamily, seconds: number, regime: number) {
    this.#place = columnPlace(family, seconds, regime);
  }

  add(probability: number, isHit: boolean): void {
    const { index, fraction } = logitPlace(probability);
    for (const [knot, weight] of [
      [index, 1 - fraction],
      [index + 1, fraction],
    ] as const) {
      this.#weight[knot] = (this.#weight[knot] ?? 0) + weight;
      this.#implied[knot] = (this.#implied[knot] ?? 0) + weight * probability;
      if (isHit) this.#realised[knot] = (this.#realised[knot] ?? 0) + weight;
    }
  }

  bookInto(implied: Float64Array, realised: Float64Array): void {
    const { offsets, weights } = this.#place;
    for (let corner = 0; corner < 4; corner += 1) {
      const share = weights[corner] ?? 0;
      if (share === 0) continue;
      for (let knot = 0; knot < LOGIT_KNOTS.length; knot += 1) {
        const at = (offsets[corner] ?? 0) + knot;
        // As in one column, a corner's total over its cells is capped at one observation.
        const scale = share / Math.max(1, share * (this.#weight[knot] ?? 0));
        implied[at] = (implied[at] ?? 0) + scale * (this.#implied[knot] ?? 0);
        realised[at] = (realised[at] ?? 0) + scale * (this.#realised[knot] ?? 0);
      }
    }
  }
}

function probabilityOfKnot(k: number): number {
  const logit = LOGIT_KNOTS[(k % FAMILY_SIZE) % LOGIT_KNOTS.length] ?? 0;
  return 1 / (1 + Math.exp(-logit));
}

/** Unfitted: every cell is as likely as the mixture says. */
export const NEUTRAL_PRIOR: readonly number[] = Object.freeze(new Array<number>(TABLE_SIZE).fill(1));

/** The part of a list over all knots that belongs to a family. */
export const knotsOf = (family: CalibrationFamily, values: readonly number[]): readonly number[] =>
  values.slice(familyOffset(family), familyOffset(family) + FAMILY_SIZE);
