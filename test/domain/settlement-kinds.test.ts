/** The rules of every kind, against tables and against a naive oracle of rational arithmetic. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { BetKind, Cell } from '../../src/domain/cell.ts';
import { settleFromTicks } from '../../src/domain/settlement.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import { type Cents, cents } from '../../src/domain/units.ts';
import {
  bothVerdicts,
  SMALL_RULES,
  SMALL_WINDOW,
  smallBand,
  smallCell,
  smallLine,
} from '../support/random-lines.ts';

const cellOf = (kind: BetKind, low: number | null, high: number | null): Cell => ({
  symbol: 'btc:usd',
  kind,
  ...SMALL_WINDOW,
  lowCents: low === null ? null : cents(low),
  highCents: high === null ? null : cents(high),
});

/** `[atMs, cents]`, with `'j'` for a composition jump and `'d'` for a degraded tick. */
type Mark = readonly [number, number, ('j' | 'd')?];
const line = (...marks: Mark[]): IndexTick[] =>
  marks.map(([atMs, price, flag], i) => ({
    symbol: 'btc:usd',
    seq: i + 1,
    atMs,
    priceCents: cents(price),
    quality: flag === 'd' ? 'degraded' : 'ok',
    venues: 3,
    venueMask: 0b111,
    compositionJump: flag === 'j',
  }));

/** Flat at 5 until 140, then to `price` at `atMs`, then flat. */
const endingAt = (...marks: Mark[]): IndexTick[] => line([90, 5], [105, 5], [120, 5], [135, 5], ...marks);

function verdictText(cell: Cell, ticks: readonly IndexTick[]): string {
  const verdict = settleFromTicks(cell, ticks, SMALL_RULES);
  if (verdict.outcome === 'open') return 'open';
  const reason = verdict.outcome === 'void' ? ` ${verdict.reason}` : '';
  return `${verdict.outcome}${reason} @${verdict.decidedAtMs}`;
}

describe('inside is half-open, as of the close', () => {
  test.each<[string, number | null, number | null, IndexTick[], string]>([
    ['on the low edge', 10, 20, endingAt([150, 10]), 'won @150'],
    ['on the high edge', 10, 20, endingAt([150, 20]), 'lost @150'],
    ['a cent below the high edge', 10, 20, endingAt([150, 19]), 'won @150'],
    ['a cent below the low edge', 10, 20, endingAt([150, 9]), 'lost @150'],
    ['the line crosses the low edge exactly at the close', 10, 20, endingAt([148, 8], [152, 12]), 'won @152'],
    ['a quarter of a cent below the low edge', 10, 20, endingAt([147, 9], [155, 11]), 'lost @155'],
    ['a quarter of a cent below the high edge', 10, 20, endingAt([147, 19], [155, 21]), 'won @155'],
    [
      'the line falls to the high edge exactly at the close',
      10,
      20,
      endingAt([148, 22], [152, 18]),
      'lost @152',
    ],
    [
      'inside all the way, but not at the end',
      10,
      20,
      line([95, 15], [110, 15], [130, 15], [150, 25]),
      'lost @150',
    ],
    ['above, without an upper edge', 10, null, endingAt([150, 10]), 'won @150'],
    ['below, without an upper edge', 10, null, endingAt([150, 9]), 'lost @150'],
    ['below, without a lower edge', null, 10, endingAt([150, 9]), 'won @150'],
    ['on the edge, without a lower one', null, 10, endingAt([150, 10]), 'lost @150'],
    ['before the close', 10, 20, endingAt([149, 15]), 'open'],
    ['a gap over the close', 10, 20, line([90, 15], [105, 15], [120, 15], [141, 15]), 'void FEED_GAP @141'],
    ['a gap that begins at the close', 10, 20, endingAt([150, 15], [180, 1]), 'won @150'],
    ['a jump that ends at the close', 10, 20, endingAt([150, 15, 'j']), 'void COMPOSITION_JUMP @150'],
    ['a jump over the close', 10, 20, endingAt([149, 15], [151, 15, 'j']), 'void COMPOSITION_JUMP @151'],
    ['a jump that begins at the close', 10, 20, endingAt([150, 15], [155, 1, 'j']), 'won @150'],
    ['a jump before', 10, 20, endingAt([140, 15, 'j'], [150, 15]), 'won @150'],
    [
      'too much degraded time, known at the close only',
      10,
      20,
      endingAt([139, 15], [150, 15, 'd']),
      'void FEED_DEGRADED @150',
    ],
    ['degraded for exactly the limit', 10, 20, endingAt([140, 15], [150, 15, 'd']), 'won @150'],
  ])('%s', (_, low, high, ticks, expected) => {
    expect(verdictText(cellOf('inside', low, high), ticks)).toBe(expected);
    const swapped: Record<string, string> = { won: 'lost', lost: 'won' };
    const mirrored = expected.replace(/^(won|lost)/, (outcome) => swapped[outcome] ?? outcome);
    expect(verdictText(cellOf('outside', low, high), ticks)).toBe(mirrored);
  });
});

describe('a composition jump', () => {
  test.each<[string, IndexTick[], string]>([
    ['over the band touches nothing', endingAt([140, 30, 'j'], [150, 30], [160, 30]), 'lost @160'],
    ['into the band touches nothing; what follows does', endingAt([140, 15, 'j'], [150, 5]), 'won @150'],
    [
      'into the band and out of it touches nothing',
      endingAt([140, 15, 'j'], [150, 5, 'j'], [155, 5]),
      'lost @155',
    ],
    ['still ends the window', endingAt([148, 5], [151, 15, 'j']), 'lost @151'],
    ['is no gap', endingAt([140, 5, 'j'], [151, 5]), 'lost @151'],
    [
      'after a gap up to the opening leaves the line unknown',
      line([70, 5], [100, 15, 'j'], [120, 1], [140, 1], [151, 1]),
      'won @120',
    ],
  ])('%s', (_, ticks, expected) => {
    expect(verdictText(cellOf('touch', 10, 20), ticks)).toBe(expected);
  });
});

describe('a path that never met its cell', () => {
  const nearMiss = (kind: BetKind, ticks: readonly IndexTick[]) => {
    const verdict = settleFromTicks(cellOf(kind, 10, 20), ticks, SMALL_RULES);
    return verdict.outcome === 'void' || verdict.outcome === 'open' ? verdict.outcome : verdict.nearMiss;
  };
  test.each<[string, IndexTick[], unknown]>([
    ['closest at a tick', endingAt([140, 8], [145, 5], [155, 5]), { cents: 2, atMs: 140, seq: 5 }],
    [
      'the first of two equal ones',
      endingAt([140, 8], [143, 5], [146, 8], [155, 5]),
      { cents: 2, atMs: 140, seq: 5 },
    ],
    [
      'at the opening, between two ticks',
      line([95, 9], [105, 1], [120, 1], [140, 1], [151, 1]),
      { cents: 5, atMs: 100, seq: 2 },
    ],
    ['a part of a cent away, at the close', endingAt([149, 8], [152, 12]), { cents: 1, atMs: 150, seq: 6 }],
    ['only at the close', endingAt([148, 5], [152, 13]), { cents: 1, atMs: 150, seq: 6 }],
    [
      'from above',
      line([95, 30], [110, 21], [130, 25], [149, 30], [151, 30]),
      { cents: 1, atMs: 110, seq: 2 },
    ],
    [
      'on both sides of a jump',
      endingAt([140, 22, 'j'], [149, 30], [151, 30]),
      { cents: 2, atMs: 140, seq: 5 },
    ],
    ['nothing but jumps', line([99, 5], [119, 5, 'j'], [139, 5, 'j'], [151, 5, 'j']), undefined],
  ])('%s', (_, ticks, expected) => {
    expect(nearMiss('touch', ticks)).toEqual(expected);
    expect(nearMiss('no_touch', ticks)).toEqual(expected);
  });
});

describe('on random lines', () => {
  it('every verdict and near miss is what the naive oracle says', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(smallLine, smallBand, ({ ticks, scale }, band) => {
        const cell = smallCell(band, scale);
        const { told, due } = bothVerdicts(cell, ticks);
        expect(told).toBe(due);
        seen.add(`${cell.kind} ${/FEED_\w+|COMPOSITION_JUMP|won|lost|open/.exec(told)?.[0]}`);
      }),
      { numRuns: 10_000 },
    );
    for (const kind of ['touch', 'no_touch', 'inside', 'outside'])
      for (const end of ['won', 'lost', 'open', 'FEED_GAP', 'FEED_DEGRADED'])
        expect(seen).toContain(`${kind} ${end}`);
    expect(seen).toContain('inside COMPOSITION_JUMP');
  });

  it('exactly one row of a column wins inside, and all but one outside, or all are void', () => {
    const edges = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(smallLine, edges, ({ ticks, scale }, drawn) => {
        const sorted = drawn.sort((a, b) => a - b).map((at): Cents | null => cents(at * scale));
        const bounds = [null, ...sorted, null];
        const outcomes = (kind: BetKind): string[] =>
          bounds.slice(1).map((highCents, i) => {
            const band = { lowCents: bounds[i] ?? null, highCents };
            return settleFromTicks({ ...cellOf(kind, 0, 1), ...band }, ticks, SMALL_RULES).outcome;
          });
        const insides = outcomes('inside');
        if (insides.every((outcome) => outcome === 'void' || outcome === 'open')) {
          expect(new Set([...insides, ...outcomes('outside')]).size).toBe(1);
          return;
        }
        expect(insides.filter((outcome) => outcome === 'won')).toHaveLength(1);
        expect(insides.filter((outcome) => outcome === 'lost')).toHaveLength(insides.length - 1);
        expect(outcomes('outside').filter((outcome) => outcome === 'lost')).toHaveLength(1);
      }),
      { numRuns: 5_000 },
    );
  });

  it('no_touch is touch and outside is inside, with won and lost exchanged', () => {
    const mirror: Record<string, BetKind> = { touch: 'no_touch', inside: 'outside' };
    fc.assert(
      fc.property(smallLine, smallBand, ({ ticks, scale }, band) => {
        const kind = band.kind === 'no_touch' ? 'touch' : band.kind === 'outside' ? 'inside' : band.kind;
        const cell = smallCell({ ...band, kind }, scale);
        const one = settleFromTicks(cell, ticks, SMALL_RULES);
        const other = settleFromTicks({ ...cell, kind: mirror[kind] ?? kind }, ticks, SMALL_RULES);
        if (one.outcome === 'won' || one.outcome === 'lost') {
          expect(other).toEqual({ ...one, outcome: one.outcome === 'won' ? 'lost' : 'won' });
        } else expect(other).toEqual(one);
      }),
      { numRuns: 5_000 },
    );
  });
});
