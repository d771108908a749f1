import { describe, expect, it } from 'vitest';
import { IDENTITY_CALIBRATION } from '../../src/domain/calibration/calibration-table.ts';
import { chooseRowHeight } from '../../src/domain/grid.ts';
import { MarketOdds } from '../../src/domain/market-odds.ts';
import { DEFAULT_MARKET_RULES as RULES } from '../../src/domain/rules.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents, hundredths } from '../../src/domain/units.ts';
import { betOn, cellAt, START_MS, tickAt } from '../support/market.ts';
import { normalSource } from './pricing/normal-source.ts';

const STEPS_PER_COLUMN = RULES.columnMs / RULES.tickMs;

function walk(count: number, sigmaPerTick: number): IndexTick[] {
  const next = normalSource(7);
  let x = 0;
  return Array.from({ length: count }, (_, i) => {
    x += sigmaPerTick * next();
    return tickAt(i + 1, { priceCents: cents(Math.round(6_000_500 * Math.exp(x))) });
  });
}

function run(odds: MarketOdds, ticks: readonly IndexTick[], before?: IndexTick): MarketOdds {
  let previous = before;
  for (const tick of ticks) {
    odds.advance(previous, tick);
    previous = tick;
  }
  return odds;
}

const factsOf = (odds: MarketOdds, lastSeq: number): unknown => ({
  ...odds.snapshot(lastSeq),
  forecast: odds.forecast,
  version: odds.calibration.version,
});

describe('offered cells', () => {
  it('are followed up: as many as the grid offered, each from every moment it was offered at', () => {
    const odds = run(new MarketOdds(RULES), walk(40 * STEPS_PER_COLUMN, 2.2e-5));
    const { tally, voids, sinceMs } = odds.offered;
    expect(sinceMs).toBe(START_MS + 15_000);
    expect(voids).toBe(0);
    expect(tally.n).toBeGreaterThan(3_000);
    const [bucket] = tally.buckets();
    expect(bucket?.implied).toBeGreaterThan(0.5);
    expect(odds.evidence().evidence).toBeGreaterThan(0);
  });

  it('of a column with a gap are void', () => {
    const ticks = walk(30 * STEPS_PER_COLUMN, 2.2e-5);
    const gapped = ticks.filter(({ seq }) => seq < 1_020 || seq > 1_045);
    const [whole, holed] = [run(new MarketOdds(RULES), ticks), run(new MarketOdds(RULES), gapped)];
    expect(holed.offered.voids).toBe(1);
    expect(holed.offered.tally.n).toBeLessThan(whole.offered.tally.n);
  });

  it('renew the correction once a minute', () => {
    const odds = new MarketOdds(RULES);
    const ticks = walk(20 * STEPS_PER_COLUMN, 2.2e-5);
    const versions = new Set<string>();
    let previous: IndexTick | undefined;
    for (const tick of ticks) {
      odds.advance(previous, tick);
      versions.add(odds.calibration.version);
      previous = tick;
    }
    expect(versions.size).toBe(2);
    expect(versions.has(IDENTITY_CALIBRATION.version)).toBe(false);
  });
});

describe('a snapshot', () => {
  it('goes on as if it had never been away, wherever it was taken', () => {
    const ticks = walk(30 * STEPS_PER_COLUMN, 2.2e-5);
    const through = run(new MarketOdds(RULES), ticks);
    for (const at of [1, 49, 50, 51, 600, 601, 1_234]) {
      const early = run(new MarketOdds(RULES), ticks.slice(0, at));
      const kept = JSON.parse(JSON.stringify(early.snapshot(at)));
      const later = run(new MarketOdds(RULES, kept), ticks.slice(Math.max(0, at - 30)));
      expect(factsOf(later, 1_500)).toEqual(factsOf(through, 1_500));
    }
  });
});

it('the row height is the one of the rules for the forecast, renewed each second', () => {
  const ticks = walk(200, 2.2e-5);
  const odds = run(new MarketOdds(RULES), ticks);
  const last = ticks.at(-1) ?? tickAt(1);
  const { sigmaPerSqrtSecond } = odds.forecast;
  const wanted = chooseRowHeight(
    { priceCents: last.priceCents, sigmaPerSqrtSecond },
    RULES,
    odds.rowHeightCents,
  );
  expect(odds.rowHeightCents).toBe(wanted);
});

it('settled bets are counted with the chance they were priced with; voids and older bets are not', () => {
  const odds = new MarketOdds(RULES);
  const decided = { decidedSeq: 9, decidedAtMs: START_MS + 900 };
  const bet = betOn(cellAt(), { multiplier: hundredths(240), probability: 0.4 });
  odds.noteSettled(bet, { outcome: 'won', ...decided });
  odds.noteSettled(bet, { outcome: 'lost', ...decided });
  odds.noteSettled(bet, { outcome: 'void', reason: 'FEED_GAP', ...decided });
  odds.noteSettled(betOn(cellAt()), { outcome: 'won', ...decided });
  const { tally, voids, sinceMs } = odds.settled;
  expect([tally.n, voids, sinceMs, tally.rtp]).toEqual([2, 1, START_MS + 900, 1.2]);
  expect(tally.buckets()[0]).toMatchObject({
    multiplier: '2.00',
    n: 2,
    implied: 0.4,
    realised: 0.5,
    rtp: 1.2,
  });
});
