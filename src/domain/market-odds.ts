/**
 * What the market's odds stand on, moved on tick by tick: volatility and its forecast, the row height of the
 * grid, the online correction, and the record of how offered cells and settled bets turned out.
 *
 * Invariants: a function of the ticks (and settled bets) it was shown, in order; a snapshot restored and
 * shown the ticks after it gives the same as if it had never been away. Per tick it does next to nothing;
 * once a column it books the offered cells of that column, once a minute it renews the correction.
 * Non-goals: prices of bets (pricing/odds.ts), storing anything.
 */
import type { Bet } from './bet.ts';
import { type CellWitness, type FollowedCell, knotsOf } from './calibration/calibration.ts';
import { CalibrationFeed, type CalibrationFeedSnapshot } from './calibration/calibration-feed.ts';
import type { CalibrationTable } from './calibration/calibration-table.ts';
import { FITTED_PRIOR } from './calibration/fitted-odds.ts';
import { chooseRowHeight } from './grid.ts';
import { type ReliabilitySnapshot, ReliabilityTally } from './reliability.ts';
import type { MarketRules } from './rules.ts';
import type { DecidedVerdict } from './settlement.ts';
import type { IndexTick } from './tick.ts';
import { advanceVolatility, initialVolatility, type VolatilityState } from './volatility.ts';
import { forecastOf, type VolatilityForecast } from './volatility-forecast.ts';

/** How one kind of thing turned out: every offered cell, or every settled bet. */
export interface TrackRecord {
  readonly tally: ReliabilityTally;
  /** Columns or bets left out because they were void. */
  voids: number;
  /** The first that counted; 0 before it. */
  sinceMs: number;
}

interface TrackRecordSnapshot {
  readonly tally: ReliabilitySnapshot;
  readonly voids: number;
  readonly sinceMs: number;
}

/** Plain. The volatility's rules are the running ones, so they are left out. */
export interface MarketOddsSnapshot {
  /** The last tick that is in it. */
  readonly tickSeq: number;
  readonly volatility: Omit<VolatilityState, 'rules'>;
  readonly rowHeightCents: number;
  readonly calibration: CalibrationFeedSnapshot;
  readonly offered: TrackRecordSnapshot;
  readonly settled: TrackRecordSnapshot;
  /** Close of the column that was noted last. */
  readonly notedUpToMs: number;
}

export class MarketOdds {
  readonly offered: TrackRecord;
  readonly settled: TrackRecord;
  readonly #rules: MarketRules;
  readonly #prior: readonly number[];
  readonly #calibration: CalibrationFeed;
  readonly #restoredSeq: number;
  #volatility: VolatilityState;
  #forecast: VolatilityForecast | undefined;
  #rowHeightCents: number;
  #notedUpToMs: number;

  constructor(rules: MarketRules, snapshot?: MarketOddsSnapshot, prior: readonly number[] = FITTED_PRIOR) {
    this.#rules = rules;
    this.#prior = prior;
    this.#restoredSeq = snapshot?.tickSeq ?? 0;
    this.#volatility = snapshot
      ? { ...snapshot.volatility, rules: rules.volatility }
      : initialVolatility(rules.volatility);
    this.#rowHeightCents = snapshot?.rowHeightCents ?? 0;
    this.#notedUpToMs = snapshot?.notedUpToMs ?? 0;
    this.offered = trackRecord(snapshot?.offered);
    this.settled = trackRecord(snapshot?.settled);
    const witness: CellWitness = (cell) => this.#noteCell(cell);
    this.#calibration = new CalibrationFeed(rules, prior, snapshot?.calibration, witness);
  }

  /** As of the last tick. */
  get forecast(): VolatilityForecast {
    this.#forecast ??= forecastOf(this.#volatility);
    return this.#forecast;
  }

  /** The correction in force. */
  get calibration(): CalibrationTable {
    return this.#calibration.table;
  }

  /** The rung the displayed grid has; 0 before the first tick. */
  get rowHeightCents(): number {
    return this.#rowHeightCents;
  }

  /** Ticks that a restored snapshot has seen already change nothing. */
  advance(previous: IndexTick | undefined, tick: IndexTick): void {
    if (tick.seq <= this.#restoredSeq) return;
    this.#volatility = advanceVolatility(this.#volatility, tick);
    this.#forecast = undefined;
    const { forecast } = this;
    if (!previous || secondOf(tick) !== secondOf(previous)) {
      const { sigmaPerSqrtSecond } = forecast;
      const moment = { priceCents: tick.priceCents, sigmaPerSqrtSecond };
      this.#rowHeightCents = chooseRowHeight(moment, this.#rules, this.#rowHeightCents || undefined);
    }
    this.#calibration.advance(previous, tick, forecast, this.#rowHeightCents);
  }

  /** Bets that were accepted before their probability was kept are passed over. */
  noteSettled(bet: Bet, verdict: DecidedVerdict): void {
    if (bet.probability === undefined) return;
    if (verdict.outcome === 'void') {
      this.settled.voids += 1;
      return;
    }
    this.settled.sinceMs ||= verdict.decidedAtMs;
    const opensInSeconds = (bet.cell.opensAtMs - bet.acceptedAtMs) / 1_000;
    this.settled.tally.add(bet.multiplier, opensInSeconds, bet.probability, verdict.outcome === 'won');
  }

  /** `tickSeq` is that of the last tick. */
  snapshot(tickSeq: number): MarketOddsSnapshot {
    const { rules: _, ...volatility } = this.#volatility;
    return {
      tickSeq,
      volatility,
      rowHeightCents: this.#rowHeightCents,
      calibration: this.#calibration.snapshot(),
      offered: recordSnapshot(this.offered),
      settled: recordSnapshot(this.settled),
      notedUpToMs: this.#notedUpToMs,
    };
  }

  /** Columns come in order, each whole. */
  #noteCell({ moment, outcome, quote, isHit }: FollowedCell): void {
    const { opensAtMs, closesAtMs, isVoid } = outcome;
    if (isVoid) {
      if (closesAtMs > this.#notedUpToMs) this.offered.voids += 1;
    } else if (quote.status === 'open') {
      this.offered.sinceMs ||= closesAtMs;
      const opensInSeconds = (opensAtMs - moment.atMs) / 1_000;
      this.offered.tally.add(quote.multiplier, opensInSeconds, quote.probability, isHit);
    }
    this.#notedUpToMs = Math.max(this.#notedUpToMs, closesAtMs);
  }

  /** How much the correction stands on, and how far it is from the fitted one. Of touches. */
  evidence(): { readonly evidence: number; readonly drift: number } {
    const { implied, realised } = this.#calibration.snapshot().calibration;
    const sum = (values: readonly number[]): number => knotsOf('touch', values).reduce((a, b) => a + b, 0);
    const expected = sum(implied.map((value, knot) => value * (this.#prior[knot] ?? 1)));
    const drift = expected > 0 ? Math.log(Math.max(sum(realised), 1e-9) / expected) : 0;
    return { evidence: sum(implied), drift };
  }
}

const secondOf = ({ atMs }: IndexTick): number => Math.floor(atMs / 1_000);

const trackRecord = (snapshot: TrackRecordSnapshot | undefined): TrackRecord => ({
  tally: new ReliabilityTally(snapshot?.tally),
  voids: snapshot?.voids ?? 0,
  sinceMs: snapshot?.sinceMs ?? 0,
});

const recordSnapshot = ({ tally, voids, sinceMs }: TrackRecord): TrackRecordSnapshot => ({
  tally: tally.snapshot(),
  voids,
  sinceMs,
});
