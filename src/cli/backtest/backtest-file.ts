/**
 * One backtest: one file, one column length, played from its beginning to its end in one thread. The
 * beginning warms up volatility and calibration and is not counted.
 */
import { basename } from 'node:path';
import { Calibration, type FollowedCell } from '../../domain/calibration/calibration.ts';
import { DEFAULT_MARKET_RULES, type MarketRules } from '../../domain/rules.ts';
import { HUNDREDTHS_PER_ONE } from '../../domain/units.ts';
import { Adversaries, type AdversaryBet } from './adversaries.ts';
import { type OddsParams, priorOf, rulesOf } from './odds-params.ts';
import { otherKinds } from './other-kinds.ts';
import { type PlayOptions, playBars, playTicks } from './play-prices.ts';
import { readBars, readTicks } from './price-file.ts';
import { addTo, bucketOf, MULTIPLIER_BUCKETS, type RunningTally, type Tally, TallyBook } from './tally.ts';

export interface BacktestTask {
  readonly kind: 'klines' | 'ticks';
  readonly file: string;
  readonly columnMs: number;
  readonly params: OddsParams;
  /** Overrides of the rules' odds and calibration, for trying out. */
  readonly tune?: TunedRules;
}

export interface TunedRules {
  readonly odds?: Partial<MarketRules['odds']>;
  readonly calibration?: Partial<MarketRules['calibration']>;
}

export interface BacktestPart {
  readonly file: string;
  readonly columnMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly moments: number;
  /** Cells offered whose column turned out void. */
  readonly voids: number;
  /** Under `bucket B`, `cell B H` (bucket and horizon), `horizon H`, `regime R`, `kind K B` and `all`. */
  readonly tallies: Readonly<Record<string, Tally>>;
  /** Under the name of the adversary, and that with its bucket. */
  readonly adversaries: Readonly<Record<string, Tally>>;
}

/** The other kinds of bet are looked at in one of so many columns: they are five, and much alike. */
const KINDS_EVERY = 10;
const BLOCK_MS = 3_600_000;
const TICK_BLOCK_MS = 60_000;
const WARM_MS_MAX = 86_400_000;
const WARM_FRACTION = 0.1;
const WARM_MS_MIN = 60_000;

/** Names of the regimes, by |lower edge| of ln(forecast variance / variance of the day). */
const REGIMES: readonly (readonly [number, string])[] = [
  [Number.NEGATIVE_INFINITY, 'much calmer'],
  [-1.2, 'calmer'],
  [-0.5, 'usual'],
  [0.3, 'wilder'],
];

const regimeOf = (regime: number): number => REGIMES.findLastIndex(([from]) => regime >= from);

export function backtest(
  { kind, file, columnMs, params, tune }: BacktestTask,
  onPlayed: (fraction: number) => void = () => {},
): BacktestPart {
  const tickMs = kind === 'klines' ? 0 : DEFAULT_MARKET_RULES.tickMs;
  const plain = rulesOf(columnMs, tickMs, params.weights);
  const rules: MarketRules = {
    ...plain,
    odds: { ...plain.odds, ...tune?.odds },
    calibration: { ...plain.calibration, ...tune?.calibration },
  };
  if (kind === 'klines') {
    const bars = readBars(file);
    const [fromMs, toMs] = [bars[0]?.opensAtMs ?? 0, bars[bars.length - 1]?.closesAtMs ?? 0];
    const scribe = new Scribe(rules, fromMs, toMs, BLOCK_MS);
    playBars(rules, new Calibration(rules, priorOf(params)), bars, { ...scribe.options, onPlayed });
    return scribe.part(file);
  }
  const ticks = readTicks(file, tickMs);
  const [fromMs, toMs] = [ticks[0]?.atMs ?? 0, ticks[ticks.length - 1]?.atMs ?? 0];
  const scribe = new Scribe(rules, fromMs, toMs, TICK_BLOCK_MS);
  playTicks(rules, priorOf(params), ticks, { ...scribe.options, onPlayed });
  return scribe.part(file);
}

/** Writes down every offered cell and every adversary's bet after the warm-up. */
class Scribe {
  readonly options: PlayOptions;
  readonly #rules: MarketRules;
  readonly #span: readonly [number, number];
  readonly #countsFromMs: number;
  readonly #blockMs: number;
  readonly #tallies = new TallyBook();
  readonly #entries = new Map<number, readonly RunningTally[]>();
  readonly #bets = new TallyBook();
  readonly #adversaries: Adversaries;
  #moments = 0;
  #voids = 0;

  constructor(rules: MarketRules, fromMs: number, toMs: number, blockMs: number) {
    this.#rules = rules;
    this.#span = [fromMs, toMs];
    this.#blockMs = blockMs;
    const warmMs = Math.min(WARM_MS_MAX, Math.max(WARM_MS_MIN, WARM_FRACTION * (toMs - fromMs)));
    this.#countsFromMs = fromMs + warmMs;
    this.#adversaries = new Adversaries(rules.horizonMs + rules.columnMs, (bet) => this.#bet(bet));
    this.options = {
      witness: (cell) => this.#cell(cell),
      onMoment: (state) => {
        this.#adversaries.bookUntil(state.lastTickAtMs);
        if (state.lastTickAtMs < this.#countsFromMs) return;
        this.#adversaries.look(state);
        this.#adversaries.enter(state.lastTickAtMs);
        this.#moments += 1;
      },
    };
  }

  part(file: string): BacktestPart {
    this.#adversaries.bookUntil(this.#span[1]);
    return {
      file: basename(file),
      columnMs: this.#rules.columnMs,
      fromMs: this.#span[0],
      toMs: this.#span[1],
      moments: this.#moments,
      voids: this.#voids,
      tallies: this.#tallies.totals(),
      adversaries: this.#bets.totals(),
    };
  }

  #cell(cell: FollowedCell): void {
    const { moment, outcome, quote, isHit } = cell;
    if (moment.atMs < this.#countsFromMs || quote.status !== 'open') return;
    if (outcome.isVoid) {
      this.#voids += 1;
      return;
    }
    this.#adversaries.consider(cell);
    const multiplier = quote.multiplier / HUNDREDTHS_PER_ONE;
    const horizonSeconds = this.#horizonOf(outcome.opensAtMs - moment.atMs);
    const block = Math.floor(moment.atMs / this.#blockMs);
    for (const entry of this.#entriesOf(bucketOf(multiplier), horizonSeconds, regimeOf(moment.regime))) {
      addTo(entry, block, quote.probability, isHit, multiplier);
    }
    if (Math.floor(moment.atMs / this.#rules.columnMs) % KINDS_EVERY === 0) this.#otherKinds(cell, block);
  }

  #otherKinds(cell: FollowedCell, block: number): void {
    for (const { name, quote, isHit } of otherKinds(cell)) {
      if (quote.status !== 'open') continue;
      const multiplier = quote.multiplier / HUNDREDTHS_PER_ONE;
      const entry = this.#tallies.under(`kind ${name} ${MULTIPLIER_BUCKETS[bucketOf(multiplier)]}`);
      addTo(entry, block, quote.probability, isHit, multiplier);
    }
  }

  #entriesOf(bucketIndex: number, horizonSeconds: number, regimeIndex: number): readonly RunningTally[] {
    const key = (horizonSeconds * 100 + bucketIndex) * 10 + regimeIndex;
    let entries = this.#entries.get(key);
    if (!entries) {
      const bucket = MULTIPLIER_BUCKETS[bucketIndex];
      entries = [
        `bucket ${bucket}`,
        `cell ${bucket} ${horizonSeconds}`,
        `horizon ${horizonSeconds}`,
        `regime ${REGIMES[regimeIndex]?.[1]}`,
        'all',
      ].map((name) => this.#tallies.under(name));
      this.#entries.set(key, entries);
    }
    return entries;
  }

  /** To whole columns: on ticks moments lie anywhere in a column. */
  #horizonOf(opensInMs: number): number {
    return (Math.round(opensInMs / this.#rules.columnMs) * this.#rules.columnMs) / 1_000;
  }

  #bet({ adversary, atMs, multiplier, isHit }: AdversaryBet): void {
    const block = Math.floor(atMs / this.#blockMs);
    addTo(this.#bets.under(adversary), block, 0, isHit, multiplier);
    const bucket = MULTIPLIER_BUCKETS[bucketOf(multiplier)];
    addTo(this.#bets.under(`${adversary} ${bucket}`), block, 0, isHit, multiplier);
  }
}
