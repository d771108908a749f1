import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_INDEX_RULES } from '../../../src/domain/index/index-rules.ts';
import { type IndexState, indexAfter, stepIndex } from '../../../src/domain/index/price-index.ts';
import type { VenueQuote } from '../../../src/domain/index/venue-quote.ts';
import { cents } from '../../../src/domain/units.ts';

const NOW_MS = 1_000_000;
const FRESH = indexAfter(null);

/** A dollar-wide market around `mid` dollars, heard just now. */
const quote = (mid: number, change: Partial<VenueQuote> = {}): VenueQuote => ({
  bid: mid - 0.5,
  ask: mid + 0.5,
  usdRate: 1,
  heardMs: NOW_MS,
  weight: 1,
  ...change,
});
const step = (quotes: readonly (VenueQuote | undefined)[], state: IndexState = FRESH, nowMs = NOW_MS) =>
  stepIndex(state, quotes, nowMs);
const outs = (quotes: readonly (VenueQuote | undefined)[], state?: IndexState) =>
  step(quotes, state).venues.map(({ out }) => out);

describe('quorum', () => {
  it('three agreeing venues are ok: the middle one', () => {
    expect(step([quote(60_001), quote(60_003), quote(60_002)]).point).toEqual({
      priceCents: 6_000_200,
      quality: 'ok',
      venues: 3,
      venueMask: 0b111,
      compositionJump: false,
    });
  });

  it('two are degraded: between them, half a cent up', () => {
    expect(step([undefined, quote(60_001), quote(60_001.01)]).point).toMatchObject({
      priceCents: 6_000_101,
      quality: 'degraded',
      venues: 2,
      venueMask: 0b110,
    });
  });

  it.each([
    ['one', [quote(60_000)]],
    ['none', [undefined, undefined]],
    ['two that disagree', [quote(60_000), quote(60_200)]],
    ['three that disagree', [quote(60_000), quote(60_200), quote(60_400)]],
    ['two against two', [quote(60_000), quote(60_000), quote(61_000), quote(61_000)]],
  ])('%s is no price', (_name, quotes) => expect(step(quotes).point).toBeUndefined());
});

describe('a venue is out', () => {
  const good = [quote(60_000), quote(60_001), quote(60_002)];
  it.each<[string, VenueQuote | undefined]>([
    ['silent', undefined],
    ['stale', quote(60_000, { heardMs: NOW_MS - DEFAULT_INDEX_RULES.staleMs - 1 })],
    ['stale', quote(60_000, { heardMs: Number.NaN })],
    ['unit', quote(Number.NaN)],
    ['unit', quote(0, { bid: 0, ask: 0 })],
    ['unit', quote(-60_000)],
    ['unit', quote(Number.POSITIVE_INFINITY)],
    ['unit', quote(60_000, { usdRate: undefined })],
    ['unit', quote(60_000, { usdRate: 0.9 })],
    ['crossed', quote(60_000, { bid: 60_001, ask: 60_000 })],
    ['crossed', quote(60_000, { bid: 60_000, ask: 60_000 })],
    ['spread', quote(60_000, { bid: 59_800, ask: 60_200 })],
    ['deviated', quote(60_000 * 10)],
    ['deviated', quote(60_000 * 0.997)],
  ])('%s', (reason, bad) => {
    const { point, venues } = step([...good, bad]);
    expect(venues.map(({ out }) => out)).toEqual([undefined, undefined, undefined, reason]);
    expect(point).toMatchObject({ priceCents: 6_000_100, quality: 'ok', venueMask: 0b111 });
  });

  it('not while its age is exactly the limit', () => {
    expect(
      outs([quote(60_000, { heardMs: NOW_MS - DEFAULT_INDEX_RULES.staleMs }), ...good])[0],
    ).toBeUndefined();
  });

  it('and one of three that is mad does not take the other two with it', () => {
    expect(outs([quote(60_000), quote(60_010), quote(600_000)])).toEqual([undefined, undefined, 'deviated']);
  });

  it('a book in another currency is measured in dollars', () => {
    const tether = quote(60_001 / 0.999, { usdRate: 0.999 });
    expect(step([...good, tether]).point).toMatchObject({ priceCents: 6_000_100, venues: 4 });
  });
});

describe('the gate', () => {
  const at = (away: number) => [quote(60_000), quote(60_000), quote(60_000), quote(60_000 * (1 + away))];

  it('lets a venue back in at half of the distance that put it out', () => {
    let { state, venues } = step(at(0.003));
    const seen = [venues[3]?.out];
    for (const away of [0.002, 0.0013, 0.0012, 0.0024, 0.0026]) {
      ({ state, venues } = step(at(away), state));
      seen.push(venues[3]?.out);
    }
    expect(seen).toEqual(['deviated', 'deviated', 'deviated', undefined, undefined, 'deviated']);
  });

  it('remembers it while the venue is away', () => {
    const { state } = step(at(0.003));
    const away = step([quote(60_000), quote(60_000), quote(60_000), undefined], state);
    expect(step(at(0.002), away.state).venues[3]?.out).toBe('deviated');
  });

  it('widens with the volatility of the index, up to its maximum', () => {
    const wild: IndexState = { ...FRESH, variancePerSecond: 0.001 ** 2 };
    expect(outs(at(0.0055), wild)[3]).toBeUndefined();
    expect(outs(at(0.0065), wild)[3]).toBe('deviated');
    expect(outs(at(0.011), { ...FRESH, variancePerSecond: 1 })[3]).toBe('deviated');
  });

  it('learns the volatility from the index alone', () => {
    let state = FRESH;
    for (let i = 0; i < 600; i += 1) {
      const nowMs = NOW_MS + i * 100;
      const mid = 60_000 * (1 + (i % 2) * 0.0003);
      const mad = quote(mid * (1 + (i % 3)), { heardMs: nowMs });
      const good = quote(mid, { heardMs: nowMs });
      ({ state } = step([good, good, good, mad], state, nowMs));
    }
    expect(Math.sqrt(state.variancePerSecond)).toBeCloseTo(0.0003 * Math.sqrt(10) * Math.sqrt(0.5), 4);
  });
});

describe('a change of venues', () => {
  const [low, high] = [quote(60_000), quote(60_030)];
  const { state } = step([low, low, high, high, undefined]);

  it('that moves the index while no venue moves is a composition jump', () => {
    const joined = step([low, low, high, high, high], state);
    expect(joined.point).toMatchObject({ priceCents: 6_003_000, venueMask: 0b11111, compositionJump: true });
    const left = step([low, low, high, undefined, undefined], state);
    expect(left.point).toMatchObject({ priceCents: 6_000_000, compositionJump: true });
  });

  it('that hardly moves it is none', () => {
    expect(step([low, low, high, high, quote(60_016)], state).point?.compositionJump).toBe(false);
  });

  it('on a tick where the market moved is none', () => {
    const moved = [low, low, high, high, high].map(({ bid, ask, ...rest }) => ({
      ...rest,
      bid: bid + 60,
      ask: ask + 60,
    }));
    expect(step(moved, state).point).toMatchObject({ venues: 5, compositionJump: false });
  });

  it('is noticed across instants without a price', () => {
    const halted = step([low, undefined, undefined, undefined, undefined], state);
    expect(halted.point).toBeUndefined();
    expect(step([low, low, high, undefined, undefined], halted.state).point?.compositionJump).toBe(true);
  });

  it('between two lives of the feed counts too', () => {
    const last = { priceCents: cents(6_000_000), venueMask: 0b11 };
    const jump = (quotes: readonly VenueQuote[]) => step(quotes, indexAfter(last)).point?.compositionJump;
    expect(jump([high, high, high])).toBe(true);
    expect(jump([low, low, low])).toBe(false);
    expect(jump([high, high])).toBe(false);
  });

  it('never happens while the set stays the same', () => {
    expect(step([high, high, high, high, undefined], state).point?.compositionJump).toBe(false);
  });
});

const midDollars = fc.integer({ min: 59_900_00, max: 60_100_00 }).map((n) => n / 100);
const soundQuote = fc.record({ mid: midDollars, weight: fc.integer({ min: 1, max: 9 }) });
const anyNumber = fc.oneof(
  midDollars,
  fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 6, 600_000, 1e308, 1e-9),
);
const anyQuote = fc.option(
  fc.record({
    bid: anyNumber,
    ask: anyNumber,
    usdRate: fc.constantFrom(1, 0.999, undefined, Number.NaN, 0),
    heardMs: fc.constantFrom(NOW_MS, NOW_MS - 1_999, NOW_MS - 2_001, Number.NaN),
    weight: fc.integer({ min: 1, max: 9 }),
  }),
  { nil: undefined },
);
const anyState = fc.record({
  deviatedMask: fc.integer({ min: 0, max: 255 }),
  last: fc.constant(undefined),
  variancePerSecond: fc.constantFrom(0, 1e-8, 1e-6),
});

describe('whatever the venues say', () => {
  const inRandomOrder = fc.array(anyQuote, { minLength: 1, maxLength: 8 }).chain((quotes) =>
    fc.tuple(
      fc.constant(quotes),
      fc.shuffledSubarray(
        quotes.map((_, i) => i),
        {
          minLength: quotes.length,
          maxLength: quotes.length,
        },
      ),
    ),
  );

  it('their order changes nothing', () => {
    fc.assert(
      fc.property(inRandomOrder, ([quotes, order]) => {
        const one = step(quotes);
        const other = step(order.map((i) => quotes[i]));
        expect(other.point?.priceCents).toBe(one.point?.priceCents);
        expect(other.point?.quality).toBe(one.point?.quality);
        expect(other.venues.map(({ out }) => out)).toEqual(order.map((i) => one.venues[i]?.out));
      }),
    );
  });

  it('the answer is the same again, and the state that went in is as it was', () => {
    fc.assert(
      fc.property(fc.array(anyQuote, { maxLength: 8 }), anyState, (quotes, state) => {
        const before = structuredClone(state);
        const first = step(quotes, state);
        expect(step(quotes, state)).toEqual(first);
        expect(state).toEqual(before);
      }),
    );
  });

  it('there is a price only with a quorum, a sound one, between those who are in', () => {
    fc.assert(
      fc.property(fc.array(anyQuote, { maxLength: 8 }), anyState, (quotes, state) => {
        const { point, venues } = step(quotes, state);
        const mids = quotes.flatMap((q, i) =>
          q && venues[i]?.out === undefined ? [((q.bid + q.ask) / 2) * (q.usdRate ?? 0) * 100] : [],
        );
        expect(point === undefined).toBe(mids.length < 2);
        if (!point) return;
        expect(point.venues).toBe(mids.length);
        expect(point.quality).toBe(mids.length >= 3 ? 'ok' : 'degraded');
        expect(Number.isSafeInteger(point.priceCents)).toBe(true);
        expect(point.priceCents).toBeGreaterThanOrEqual(Math.floor(Math.min(...mids)));
        expect(point.priceCents).toBeLessThanOrEqual(Math.ceil(Math.max(...mids)));
        expect(point.venueMask.toString(2).replaceAll('0', '').length).toBe(mids.length);
      }),
    );
  });

  it('one mad venue never takes the price out of the range of two or more others', () => {
    const others = fc.array(soundQuote, { minLength: 2, maxLength: 7 });
    const place = fc.nat(7);
    // Honest numbers near the others are the worst lies.
    const mad = fc.oneof({ weight: 3, arbitrary: soundQuote }, { weight: 1, arbitrary: anyQuote });
    fc.assert(
      fc.property(others, mad, place, anyState, (sound, lie, at, state) => {
        const good = sound.map(({ mid, weight }) => quote(mid, { weight }));
        const bad = lie && 'mid' in lie ? quote(lie.mid, { weight: lie.weight }) : lie;
        const { point } = step([...good.slice(0, at), bad, ...good.slice(at)], state);
        if (!point) return;
        const mids = sound.map(({ mid }) => mid * 100);
        expect(point.priceCents).toBeGreaterThanOrEqual(Math.floor(Math.min(...mids)));
        expect(point.priceCents).toBeLessThanOrEqual(Math.ceil(Math.max(...mids)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('twice the prices are twice the index', () => {
    fc.assert(
      fc.property(fc.array(soundQuote, { minLength: 2, maxLength: 8 }), (sound) => {
        const quotes = sound.map(({ mid, weight }) => quote(mid, { weight }));
        const doubled = quotes.map((q) => ({ ...q, bid: q.bid * 2, ask: q.ask * 2 }));
        const [one, two] = [step(quotes), step(doubled)];
        expect(two.venues).toEqual(one.venues);
        if (!one.point || !two.point) return;
        expect(Math.abs(two.point.priceCents - 2 * one.point.priceCents)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('while nobody speaks, venues only leave, and in the end there is no price', () => {
    const ages = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(ages, fc.array(fc.nat(500), { minLength: 8, maxLength: 12 }), (startAges, waits) => {
        const quotes = startAges.map((age) => quote(60_000, { heardMs: NOW_MS - age }));
        let nowMs = NOW_MS;
        let { state, venues } = step(quotes);
        for (const wait of [...waits, 2_001]) {
          nowMs += wait;
          const next = step(quotes, state, nowMs);
          next.venues.forEach(({ out, ageMs }, i) => {
            if (venues[i]?.out !== undefined) expect(out).toBeDefined();
            expect(ageMs).toBe((venues[i]?.ageMs ?? 0) + wait);
          });
          ({ state, venues } = next);
        }
        expect(step(quotes, state, nowMs).point).toBeUndefined();
      }),
    );
  });
});
