/** What is read by hand, the schema reads to the same value; whatever the hand leaves, the schema judges. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clientFrameSchema } from '../../src/protocol/api/frames.ts';
import {
  idempotencyKeySchema,
  parseBySchema,
  parsePlaceBet,
  placeBetRequestSchema,
} from '../../src/protocol/api/place-bet-request.ts';
import { isPlainBet, isPlainKey, isPlainPlaceFrame } from '../../src/protocol/api/plain-place.ts';

const BET = {
  symbol: 'btc:usd',
  kind: 'touch',
  opensAtMs: 1_700_000_010_000,
  closesAtMs: 1_700_000_015_000,
  lowCents: 6_000_000,
  highCents: null,
  stakeMicros: '1000000',
  minMultiplier: '1.5',
};
const FRAME = { op: 'place', idempotencyKey: 'bet-1', bet: BET, id: 7 };

/** Values on both sides of every rule. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', 0, -0, -1, 1, 1.5, 2 ** 53, 2 ** 53 - 1, Number.NaN, true),
  fc.constantFrom<unknown>('0', '01', '1.', '1.25', '1.255', '12345678', '9007199254740993', '1'.repeat(17)),
  fc.constantFrom<unknown>(
    'place',
    'btc:usd',
    'inside',
    'outside',
    'a\n',
    'é',
    'k'.repeat(64),
    'k'.repeat(65),
  ),
  fc.constantFrom<unknown>([], {}, [BET], JSON.parse('{"__proto__": 1}'), Object.create(null)),
);
/** Mostly right: one field changed, gone or too many. */
const nearly = (right: object) =>
  fc
    .tuple(
      fc.constantFrom(...Object.keys(right), 'more', '__proto__'),
      fc.option(odd, { nil: undefined }),
      fc.boolean(),
    )
    .map(([field, value, isGone]) => {
      const entries = Object.entries(right).filter(([name]) => name !== field);
      const text = isGone ? entries : [...entries, [field, value] as const];
      const changed: object = {};
      for (const [name, one] of text)
        Object.defineProperty(changed, name, {
          value: one,
          enumerable: true,
          configurable: true,
          writable: true,
        });
      return changed;
    });

it('a bet', () => {
  expect(isPlainBet(BET)).toBe(true);
  fc.assert(
    fc.property(nearly(BET), (body) => {
      expect(parsePlaceBet(body)).toEqual(parseBySchema(body));
      const read = placeBetRequestSchema.safeParse(body);
      if (read.success) expect(isPlainBet(body)).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

it('a place frame', () => {
  expect(isPlainPlaceFrame(FRAME)).toBe(true);
  fc.assert(
    fc.property(
      fc.oneof(
        nearly(FRAME),
        nearly(BET).map((bet) => ({ ...FRAME, bet })),
      ),
      (frame) => {
        if (isPlainPlaceFrame(frame)) expect(clientFrameSchema.parse(frame)).toEqual(frame);
      },
    ),
    { numRuns: 2_000 },
  );
  const { id: _, ...anonymous } = FRAME;
  expect(isPlainPlaceFrame(anonymous)).toBe(true);
});

it('a key', () => {
  fc.assert(
    fc.property(fc.oneof(odd, fc.string({ maxLength: 70 }), fc.base64String()), (key) => {
      expect(isPlainKey(key)).toBe(idempotencyKeySchema.safeParse(key).success);
    }),
    { numRuns: 2_000 },
  );
});
