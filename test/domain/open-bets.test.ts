import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bet } from '../../src/domain/bet.ts';
import { BET_KINDS } from '../../src/domain/cell.ts';
import { OpenBets } from '../../src/domain/open-bets.ts';
import { type DecidedVerdict, settleFromTicks } from '../../src/domain/settlement.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { cents } from '../../src/domain/units.ts';
import { betOn, cellAt, PRICE_CENTS, START_MS, tickAt } from '../support/market.ts';

/** Runs the index over the ticks; the verdict of each bet by id. */
function run(
  bets: readonly Bet[],
  ticks: readonly IndexTick[],
  index = new OpenBets(),
): Map<string, DecidedVerdict> {
  for (const bet of bets) index.add(bet);
  const verdicts = new Map<string, DecidedVerdict>();
  let prev: IndexTick | undefined;
  for (const tick of ticks) {
    for (const { cell, bets, verdict } of index.advance(prev, tick))
      for (const bet of bets) {
        expect(bet.cell).toEqual(cell);
        expect(verdicts.has(bet.id)).toBe(false);
        verdicts.set(bet.id, verdict);
      }
    prev = tick;
  }
  expect(index.size).toBe(bets.length - verdicts.size);
  return verdicts;
}

/** A walk with jumps, gaps and degraded stretches. */
const walk = fc
  .array(
    fc.record({
      stepCents: fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -9_000, max: 9_000 })),
      pauseMs: fc.oneof(
        { weight: 30, arbitrary: fc.constant(300) },
        { weight: 1, arbitrary: fc.constant(2_500) },
      ),
      degraded: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
      jump: fc.oneof({ weight: 15, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
    { minLength: 40, maxLength: 120 },
  )
  .map((steps) => {
    let atMs = START_MS;
    let priceCents = PRICE_CENTS;
    return steps.map(({ stepCents, pauseMs, degraded, jump }, i) => {
      atMs += pauseMs;
      priceCents += stepCents;
      const quality = degraded ? 'degraded' : 'ok';
      return tickAt(i + 1, { atMs, priceCents: cents(priceCents), quality, compositionJump: jump });
    });
  });

const someCells = fc.uniqueArray(
  fc.record({
    row: fc.integer({ min: -8, max: 8 }),
    opens: fc.constantFrom(5_000, 10_000, 15_000),
    tall: fc.boolean(),
    kind: fc.constantFrom(...BET_KINDS),
    open: fc.constantFrom('neither', 'neither', 'low', 'high'),
  }),
  {
    minLength: 1,
    maxLength: 25,
    selector: ({ row, opens, tall, kind }) => `${row}|${opens}|${tall}|${kind}`,
  },
);

describe('open bets', () => {
  it('settle exactly as each cell alone would', () => {
    fc.assert(
      fc.property(someCells, walk, (cells, ticks) => {
        const bets = cells.map(({ row, opens, tall, kind, open }, i) => {
          const { lowCents, ...cell } = cellAt(tall ? row * 2 : row, opens, 5_000, kind);
          const highCents = tall ? cents(lowCents + 2_000) : cell.highCents;
          const isOpen = kind === 'inside' || kind === 'outside' ? open : 'neither';
          const low = isOpen === 'low' ? null : lowCents;
          const high = isOpen === 'high' ? null : highCents;
          return betOn({ ...cell, lowCents: low, highCents: high }, { id: `bet_${i}` });
        });
        const verdicts = run(bets, ticks);
        const { settlementRules } = bets[0] as Bet;
        for (const bet of bets) {
          const alone = settleFromTicks(bet.cell, ticks, settlementRules);
          expect(verdicts.get(bet.id)).toEqual(alone.outcome === 'open' ? undefined : alone);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('remember what a column went through when rebuilt by warming', () => {
    fc.assert(
      fc.property(someCells, walk, fc.nat(100), (cells, ticks, cut) => {
        const bets = cells.map(({ row, opens, kind }, i) =>
          betOn(cellAt(row, opens, 5_000, kind), { id: `bet_${i}` }),
        );
        const whole = run(bets, ticks);
        const before = run(bets, ticks.slice(0, cut));
        const rebuilt = new OpenBets();
        for (const bet of bets) if (!before.has(bet.id)) rebuilt.add(bet);
        let prev: IndexTick | undefined;
        const after = new Map<string, DecidedVerdict>();
        ticks.forEach((tick, i) => {
          if (i < cut) rebuilt.warm(prev, tick);
          else
            for (const { bets, verdict } of rebuilt.advance(prev, tick))
              for (const { id } of bets) after.set(id, verdict);
          prev = tick;
        });
        expect(new Map([...before, ...after])).toEqual(whole);
      }),
    );
  });

  it('settle under the rules they were accepted with', () => {
    const strict = betOn(cellAt(5), {
      id: 'strict',
      settlementRules: { maxGapMs: 100, maxDegradedFraction: 0.2 },
    });
    const usual = betOn(cellAt(5), { id: 'usual', wallet: 'other' });
    const verdicts = run(
      [strict, usual],
      [tickAt(1, { atMs: START_MS + 10_000 }), tickAt(2, { atMs: START_MS + 10_500 })],
    );
    expect([...verdicts.keys()]).toEqual(['strict']);
  });

  it('refuse a cell that is not on the raster of its rows', () => {
    const cell = cellAt();
    const off = { ...cell, lowCents: cents(cell.lowCents + 1), highCents: cents(cell.highCents + 1) };
    expect(() => new OpenBets().add(betOn(off))).toThrow('raster');
  });

  it('gives up those that are asked for, and only those', () => {
    fc.assert(
      fc.property(someCells, walk, fc.func(fc.boolean()), (cells, ticks, isTaken) => {
        const bets = cells.map(({ row, opens, kind }, i) =>
          betOn(cellAt(row, opens, 5_000, kind), { id: `bet_${i}`, wallet: `wallet_${i % 3}` }),
        );
        const index = new OpenBets();
        for (const bet of bets) index.add(bet);
        const taken = new Set(index.take((bet) => isTaken(bet.id)));
        expect(taken).toEqual(new Set(bets.filter((bet) => isTaken(bet.id))));
        const left = bets.filter((bet) => !taken.has(bet));
        expect(index.size).toBe(left.length);
        const decided: string[] = [];
        let prev: IndexTick | undefined;
        for (const tick of ticks) {
          for (const { bets } of index.advance(prev, tick)) decided.push(...bets.map(({ id }) => id));
          prev = tick;
        }
        expect(new Set(decided)).toEqual(new Set(run(left, ticks).keys()));
      }),
    );
  });

  it.each(BET_KINDS)('cost a tick nothing for bets it does not touch: %s', (kind) => {
    const index = new OpenBets();
    const asked: string[] = [];
    for (let i = 0; i < 2_000; i += 1) {
      const cell = cellAt(i + 10, 10_000, 5_000, kind);
      const watched = new Proxy(cell, {
        get: (target, field, self) => {
          asked.push(String(field));
          return Reflect.get(target, field, self);
        },
      });
      index.add(betOn(watched, { id: `bet_${i}` }));
    }
    asked.length = 0;
    for (const seq of [99, 100, 101]) index.advance(tickAt(seq), tickAt(seq + 1));
    expect(asked).toEqual([]);
  });
});
