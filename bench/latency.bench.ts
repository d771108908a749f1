/**
 * A bettor who sees the recorded line 100 ms before everybody else, and plays only cells that look generous
 * in that light: does the house lose to him? On the recordings of ../shared/data/quotes at 10 Hz, on the
 * shipped replay series where they are absent.
 *
 * At each tick he takes the cells, of all kinds, whose shown multiplier is worth most given the next price;
 * his bet is received at once and executes by the rules: at the first tick after the hold, at that tick's
 * price. He either insists on the shown multiplier or takes what he gets; the better of the two counts. A
 * picky one bets only where the shown multiplier is worth more than the stake by what he knows. For
 * comparison, the picky one where the shown multiplier is honoured as it stands: what hold and execution are
 * there for.
 *
 * Last line: {bets, rtp, ciLow, ciHigh, players, unprotected}. The interval is the 95 % one of a bootstrap
 * over blocks of 10 s, because bets placed together win together. He does not profit if ciHigh is below 1.
 * `--bets N` (100,000), `--tiny` for the test run.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readReplaySeries } from '../src/actors/price-feed/replay-series.ts';
import { BET_KINDS, type Cell, rowOf } from '../src/domain/cell.ts';
import { MarketBook } from '../src/domain/market-book.ts';
import { OpenBets } from '../src/domain/open-bets.ts';
import { decidePlaceBet, type PlaceBetCommand } from '../src/domain/place-bet.ts';
import { cellProbability, quoteCell } from '../src/domain/pricing/odds.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../src/domain/rules.ts';
import { type IndexTick, SYMBOL } from '../src/domain/tick.ts';
import { type Cents, cents, type Hundredths, hundredths, micros } from '../src/domain/units.ts';
import { TickRaster } from '../src/market-data/recorded-ticks.ts';
import { readWholeRecording } from '../src/market-data/recording.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { percentile, round } from './support/figures.ts';

const { values } = parseArgs({
  options: { bets: { type: 'string', default: '100000' }, tiny: { type: 'boolean', default: false } },
});
const betsWanted = values.tiny ? 500 : Number(values.bets);
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const QUOTES = join(ROOT, '../shared/data/quotes');
const RECORDINGS = [
  'spot_btcusdt_20240808',
  'usdm_btcusdt_20240808',
  'cm_btcusd_perp_20240808',
  'spot_btcusdt_20230405',
];
const WARM_TICKS = 600;
const ROWS_EACH_WAY = 5;
const COLUMNS = 6;
const ROW_CENTS = 500;
const WALLET = 'bettor';
const STAKE = micros(1_000_000);
const BLOCK_TICKS = 100;
const RESAMPLES = 1_000;

type Point = { readonly atMs: number; readonly priceCents: Cents };

function recordedLines(): Point[][] {
  const paths = RECORDINGS.map((name) => join(QUOTES, `${name}_bookticker.csv.gz`)).filter(existsSync);
  if (values.tiny || paths.length === 0) return [readReplaySeries(join(ROOT, 'data/replay-btc-usd.csv.gz'))];
  return paths.map((path) => {
    const raster = new TickRaster(RULES.tickMs);
    const points = readWholeRecording(path).rows.flatMap((row) => [...raster.take(row)]);
    return [...points, ...raster.end()];
  });
}

const tickOf = ({ atMs, priceCents }: Point, i: number): IndexTick => ({
  ...{ symbol: SYMBOL, seq: i + 1, atMs, priceCents, quality: 'ok', venues: 1, venueMask: 1 },
  compositionJump: false,
});

interface Player {
  readonly name: string;
  /** Takes the shown multiplier or nothing. */
  readonly isStrict: boolean;
  /** Bets only where he expects to win by what he knows. */
  readonly isPicky: boolean;
  /** The shown multiplier is honoured, at the shown price. */
  readonly isHonoured: boolean;
}
const PLAYERS: readonly Player[] = [
  { name: 'insists on the shown multiplier', isStrict: true, isPicky: false, isHonoured: false },
  { name: 'takes what he gets', isStrict: false, isPicky: false, isHonoured: false },
  { name: 'picky, insists', isStrict: true, isPicky: true, isHonoured: false },
  { name: 'picky, takes what he gets', isStrict: false, isPicky: true, isHonoured: false },
  { name: 'picky, honoured', isStrict: true, isPicky: true, isHonoured: true },
];

/** Stakes and payouts by block of ticks in which they were placed. */
class Takings {
  readonly blocks: { staked: number; paid: number; bets: number }[] = [];

  add(block: number, paid: number): void {
    this.blocks[block] ??= { staked: 0, paid: 0, bets: 0 };
    const takings = this.blocks[block];
    takings.staked += 1;
    takings.paid += paid;
    takings.bets += 1;
  }

  summary() {
    const blocks = this.blocks.filter((block) => block !== undefined);
    const dice = seededRandom(1);
    const rtpOf = (of: typeof blocks): number =>
      of.reduce((sum, { paid }) => sum + paid, 0) /
      Math.max(
        1,
        of.reduce((sum, { staked }) => sum + staked, 0),
      );
    const resampled = Array.from({ length: RESAMPLES }, () =>
      rtpOf(
        blocks.map(
          () => blocks[Math.floor(dice.fraction() * blocks.length)] ?? { staked: 0, paid: 0, bets: 0 },
        ),
      ),
    );
    return {
      bets: blocks.reduce((sum, { bets }) => sum + bets, 0),
      rtp: round(rtpOf(blocks)),
      ciLow: round(percentile(resampled, 0.025)),
      ciHigh: round(percentile(resampled, 0.975)),
    };
  }
}

function cellsAround(tick: IndexTick): Cell[] {
  const first = Math.ceil((tick.atMs + RULES.lockMs + RULES.tickMs + RULES.holdMs) / RULES.columnMs);
  const { lowCents: middle } = rowOf(tick.priceCents, ROW_CENTS);
  const cells: Cell[] = [];
  for (let column = 0; column < COLUMNS; column += 1) {
    const opensAtMs = (first + column) * RULES.columnMs;
    const window = { symbol: SYMBOL, opensAtMs, closesAtMs: opensAtMs + RULES.columnMs } as const;
    for (let row = -ROWS_EACH_WAY; row <= ROWS_EACH_WAY; row += 1) {
      const lowCents = cents(middle + row * ROW_CENTS);
      const highCents = cents(lowCents + ROW_CENTS);
      for (const kind of BET_KINDS) cells.push({ ...window, kind, lowCents, highCents });
      cells.push({ ...window, kind: 'inside', lowCents: null, highCents: lowCents });
      cells.push({ ...window, kind: 'inside', lowCents, highCents: null });
    }
  }
  return cells;
}

interface Candidate {
  readonly cell: Cell;
  readonly shown: Hundredths;
  readonly worth: number;
}

/** The cells whose shown multiplier is worth most, given the next price, and worth more than the stake. */
function bestCells(book: MarketBook, now: IndexTick, next: IndexTick, count: number): Candidate[] {
  const { odds, rules } = book;
  const moment = { ...odds.forecast, calibration: odds.calibration, tickMs: rules.tickMs, rules: rules.odds };
  const free = { exposureMicros: micros(0), exposureCapMicros: micros(1) };
  const candidates: Candidate[] = [];
  for (const cell of cellsAround(now)) {
    const quote = quoteCell({ cell, priceCents: now.priceCents, atMs: now.atMs, ...moment, ...free });
    if (quote.status === 'disabled') continue;
    const logOf = (edge: number | null, open: number): number =>
      edge === null ? open : Math.log(edge / next.priceCents);
    const band = {
      logLow: logOf(cell.lowCents, Number.NEGATIVE_INFINITY),
      logHigh: logOf(cell.highCents, Number.POSITIVE_INFINITY),
      opensIn: (cell.opensAtMs - next.atMs) / 1_000,
      closesIn: (cell.closesAtMs - next.atMs) / 1_000,
    };
    const worth = (cellProbability(cell.kind, band, moment) * quote.multiplier) / 100;
    candidates.push({ cell, shown: quote.multiplier, worth });
  }
  return candidates.sort((a, b) => b.worth - a.worth).slice(0, count);
}

function play(
  line: readonly Point[],
  takings: readonly Takings[],
  perTick: number,
  blockOffset: number,
): void {
  const ticks = line.map(tickOf);
  const book = new MarketBook(RULES);
  book.apply({ type: 'HouseFunded', amountMicros: RULES.houseBankrollMicros });
  book.apply({ type: 'AccountOpened', wallet: WALLET, grantMicros: RULES.startingGrantMicros });
  const open = PLAYERS.map(() => new OpenBets());
  const due: { player: number; command: PlaceBetCommand }[] = [];
  let bets = 0;
  const blockOf = (atSeq: number): number => blockOffset + Math.floor(atSeq / BLOCK_TICKS);
  for (const [i, tick] of ticks.entries()) {
    open.forEach((openBets, player) => {
      for (const { bets: decided, verdict } of openBets.advance(ticks[i - 1], tick)) {
        for (const bet of decided) {
          const paid = verdict.outcome === 'won' ? bet.multiplier / 100 : verdict.outcome === 'void' ? 1 : 0;
          takings[player]?.add(blockOf(bet.acceptedSeq), paid);
        }
      }
    });
    book.advance(tick);
    const waiting = due.splice(0);
    for (const pending of waiting) {
      if (tick.atMs < pending.command.receivedAtMs + RULES.holdMs) {
        due.push(pending);
        continue;
      }
      const decision = decidePlaceBet(book, pending.command, tick);
      if (decision.status === 'accepted') open[pending.player]?.add(decision.event.bet);
    }
    const next = ticks[i + 1];
    if (!next || i < WARM_TICKS) continue;
    const best = bestCells(book, tick, next, perTick);
    PLAYERS.forEach(({ isStrict, isPicky, isHonoured }, player) => {
      for (const { cell, shown, worth } of best) {
        if (isPicky && worth <= 1) continue;
        bets += 1;
        const command: PlaceBetCommand = {
          ...{ betId: `bet_${player}_${bets}`, wallet: WALLET, cell, stakeMicros: STAKE },
          minMultiplier: isStrict && !isHonoured ? shown : hundredths(101),
          receivedAtMs: tick.atMs,
        };
        if (!isHonoured) due.push({ player, command });
        else {
          const decision = decidePlaceBet(book, command, tick);
          if (decision.status === 'accepted') open[player]?.add(decision.event.bet);
        }
      }
    });
  }
}

const lines = recordedLines();
const moments = lines.reduce((sum, line) => sum + Math.max(0, line.length - WARM_TICKS), 0);
const perTick = Math.max(1, Math.ceil((2 * betsWanted) / moments));
const takings = PLAYERS.map(() => new Takings());
lines.forEach((line, n) => {
  console.error(`${line.length} ticks, ${perTick} bets at each`);
  play(line, takings, perTick, n * 1_000);
});
const results = PLAYERS.map(({ name }, player) => ({
  name,
  ...(takings[player] ?? new Takings()).summary(),
}));
const [strict, loose, ...picky] = results;
const worst = (strict?.rtp ?? 0) > (loose?.rtp ?? 0) ? strict : loose;
const unprotected = picky.pop();
console.log(
  JSON.stringify({
    ...{ bets: worst?.bets, rtp: worst?.rtp, ciLow: worst?.ciLow, ciHigh: worst?.ciHigh },
    players: [strict, loose, ...picky],
    unprotected,
  }),
);
