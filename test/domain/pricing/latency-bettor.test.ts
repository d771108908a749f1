/**
 * A bettor who sees the next 100 ms of the line before the market does, on recorded ticks: he takes the
 * cells that his lead makes look best, at no less than the multiplier he sees.
 *
 * What a bet turned out worth is its multiplier times the chance of its cell one second later (its markout):
 * of the same mean as the payout, without the luck of one recorded path.
 */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RecordedTick, readTicks } from '../../../src/cli/backtest/price-file.ts';
import { rowOf } from '../../../src/domain/cell.ts';
import { chooseRowHeight } from '../../../src/domain/grid.ts';
import { cellProbability, quoteCell } from '../../../src/domain/pricing/odds.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../../src/domain/rules.ts';
import { type Cents, cents, micros } from '../../../src/domain/units.ts';
import { advanceVolatility, initialVolatility } from '../../../src/domain/volatility.ts';
import { forecastOf, type VolatilityForecast } from '../../../src/domain/volatility-forecast.ts';
import { PROJECT_ROOT } from '../../support/source-files.ts';

const WARM_TICKS = 600;
const MARKOUT_TICKS = 10;

interface Moment {
  readonly atMs: number;
  readonly priceCents: Cents;
  readonly forecast: VolatilityForecast;
}

interface BandCell {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: Cents;
  readonly highCents: Cents;
}

function momentsOf(ticks: readonly RecordedTick[]): Moment[] {
  let state = initialVolatility(RULES.volatility);
  return ticks.map(({ atMs, priceCents }) => {
    state = advanceVolatility(state, { atMs, priceCents: cents(priceCents) });
    return { atMs, priceCents: cents(priceCents), forecast: forecastOf(state) };
  });
}

function offered({ atMs, priceCents, forecast }: Moment): BandCell[] {
  const height = chooseRowHeight({ priceCents, ...forecast }, RULES);
  const middle = rowOf(priceCents, height).lowCents;
  const first = Math.ceil((atMs + RULES.lockMs) / RULES.columnMs) * RULES.columnMs;
  return Array.from({ length: 8 * 21 }, (_, i) => {
    const opensAtMs = first + Math.floor(i / 21) * RULES.columnMs;
    const lowCents = cents(middle + ((i % 21) - 10) * height);
    const highCents = cents(lowCents + height);
    return { opensAtMs, closesAtMs: opensAtMs + RULES.columnMs, lowCents, highCents };
  });
}

function multiplierOf(cell: BandCell, { atMs, priceCents, forecast }: Moment): number {
  const quote = quoteCell({
    ...{ cell, priceCents, atMs, ...forecast, tickMs: RULES.tickMs, rules: RULES.odds },
    ...{ exposureMicros: micros(0), exposureCapMicros: micros(1) },
  });
  return quote.status === 'open' ? quote.multiplier / 100 : 0;
}

/** With the forecast of another moment: a lead in price is not one in volatility. */
function chanceOf(cell: BandCell, { atMs, priceCents }: Moment, { forecast }: Moment): number {
  const band = {
    logLow: Math.log(cell.lowCents / priceCents),
    logHigh: Math.log(cell.highCents / priceCents),
    opensIn: (cell.opensAtMs - atMs) / 1_000,
    closesIn: (cell.closesAtMs - atMs) / 1_000,
  };
  return cellProbability('touch', band, { ...forecast, tickMs: RULES.tickMs, rules: RULES.odds });
}

/** `holdTicks`: how long after the tick he acts on his bet executes. */
function play(moments: readonly Moment[], holdTicks: number, betsATick: number) {
  let bets = 0;
  let worth = 0;
  for (let i = WARM_TICKS; i + MARKOUT_TICKS + holdTicks < moments.length; i += 1) {
    const [seen, next] = [moments[i] as Moment, moments[i + 1] as Moment];
    const [executing, later] = [
      moments[i + holdTicks] as Moment,
      moments[i + holdTicks + MARKOUT_TICKS] as Moment,
    ];
    const best = offered(seen)
      .map((cell) => ({ cell, shown: multiplierOf(cell, seen) }))
      .filter(({ shown }) => shown > 0)
      .map(({ cell, shown }) => ({ cell, shown, hope: shown * chanceOf(cell, next, seen) }))
      .sort((a, b) => b.hope - a.hope)
      .slice(0, betsATick);
    for (const { cell, shown } of best) {
      const multiplier = multiplierOf(cell, executing);
      if (multiplier < shown) continue;
      bets += 1;
      worth += multiplier * chanceOf(cell, later, executing);
    }
  }
  return { bets, worth: worth / bets };
}

/** A game takes ten seconds of computing. */
const PLAY_MS_MAX = 120_000;

describe('a bettor who sees the next 100 ms', { timeout: PLAY_MS_MAX }, () => {
  const moments = momentsOf(readTicks(join(PROJECT_ROOT, 'data/replay-btc-usd.csv.gz'), RULES.tickMs));
  // Received just after a tick, executed at the first one a hold later.
  const holdTicks = Math.ceil((RULES.holdMs + 1) / RULES.tickMs);

  it('does not profit, over 100,000 bets', () => {
    const { bets, worth } = play(moments, holdTicks, 80);
    expect(bets).toBeGreaterThan(100_000);
    expect(worth).toBeLessThan(0.95);
  });

  it('does not profit with the one best cell of each tick, because bets are held back', () => {
    const held = play(moments, holdTicks, 1);
    const unheld = play(moments, 0, 1);
    expect(held.bets).toBeGreaterThan(100);
    expect(held.worth).toBeLessThan(0.97);
    expect(unheld.worth).toBeGreaterThan(held.worth + 0.01);
  });
});
