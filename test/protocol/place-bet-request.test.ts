import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlaceBet } from '../../src/protocol/api/place-bet-request.ts';

const good = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 1_700_000_010_000,
  closesAtMs: 1_700_000_015_000,
  lowCents: 6_000_000,
  highCents: 6_001_000,
  stakeMicros: '1000000',
  minMultiplier: '1.5',
};
const fieldOf = (body: unknown) => {
  const parsed = parsePlaceBet(body);
  return parsed.ok ? 'ok' : parsed.field;
};

describe('the body of a bet', () => {
  it('becomes a typed bet', () => {
    expect(parsePlaceBet(good)).toMatchObject({
      ok: true,
      bet: { stakeMicros: 1_000_000, minMultiplier: 150 },
    });
  });

  it.each([
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '01',
    '',
    '9007199254740993',
    '99999999999999999999',
    'NaN',
    '１',
  ])('refuses the amount %j', (stakeMicros) => {
    expect(fieldOf({ ...good, stakeMicros })).toBe('stakeMicros');
  });

  it.each(['-1', '1.234', '1e1', 'Infinity', '', '.5', '1.', '0x2', '99999999.5'])(
    'refuses the multiplier %j',
    (minMultiplier) => {
      expect(fieldOf({ ...good, minMultiplier })).toBe('minMultiplier');
    },
  );

  it.each([
    ['opensAtMs', 1.5],
    ['opensAtMs', -1],
    ['closesAtMs', '1700000015000'],
    ['lowCents', Number.NaN],
    ['lowCents', -100],
    ['highCents', 2 ** 53],
    ['symbol', 'eth:usd'],
    ['kind', 'no_such'],
    ['stakeMicros', 1_000_000],
  ])('refuses %s = %j', (field, value) => {
    expect(fieldOf({ ...good, [field]: value })).toBe(field);
  });

  it('refuses fields it does not know, and things that are no object', () => {
    expect(fieldOf({ ...good, wallet: '0xabc' })).toBe('wallet');
    expect(fieldOf(JSON.parse('{"__proto__": {"x": 1}}'))).not.toBe('ok');
    for (const body of [null, undefined, 1, 'x', [], [good]]) expect(fieldOf(body)).not.toBe('ok');
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        parsePlaceBet(body);
      }),
    );
    fc.assert(
      fc.property(
        fc.record({ ...Object.fromEntries(Object.keys(good).map((key) => [key, fc.anything()])) }),
        (body) => {
          parsePlaceBet({ ...good, ...body });
        },
      ),
    );
  });
});
