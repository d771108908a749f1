/**
 * JSON for requests and frames: right in form and wrong in sense, nearly right, and not JSON at all. Bytes,
 * not text, because invalid UTF-8 is among them.
 */
import type { FuzzDice } from './fuzz-dice.ts';

/** What the fuzzer knows of the running system. */
export interface Knowledge {
  /** A session that stands, unless another input ended it. */
  token(dice: FuzzDice): string;
  /** Of a bet that was placed, if any was. */
  betId(dice: FuzzDice): string;
  /** Of the grid as last seen. */
  cell(dice: FuzzDice): KnownCell;
  readonly nowMs: () => number;
}

export interface KnownCell {
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number;
  readonly highCents: number;
}

const KINDS = ['touch', 'no_touch', 'inside', 'outside'] as const;

/** A bet that may well be taken, as far as its form goes. */
export function plausibleBet(dice: FuzzDice, known: Knowledge): Record<string, unknown> {
  const { opensAtMs, closesAtMs, lowCents, highCents } = known.cell(dice);
  return {
    symbol: 'btc:usd',
    kind: dice.pick(KINDS),
    opensAtMs,
    closesAtMs,
    lowCents,
    highCents,
    stakeMicros: String(dice.int(dice.chance(0.8) ? 100_000 : 1, 5_000_000)),
    minMultiplier: '1',
  };
}

/** An object with one or more of its fields changed, left out, added, or written twice. */
export function spoiltObject(dice: FuzzDice, object: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(object).map(
    ([key, value]) => [key, JSON.stringify(value)] as [string, string],
  );
  for (let change = dice.int(1, 3); change > 0; change -= 1) {
    const at = dice.int(0, fields.length - 1);
    const field = fields[at];
    dice.weighted<unknown>([
      [4, () => field && fields.splice(at, 1, [field[0], jsonText(dice, 3)])],
      [2, () => fields.splice(at, 1)],
      [2, () => fields.push([dice.awkward(), jsonText(dice, 2)])],
      [1, () => fields.push(['__proto__', jsonText(dice, 2)])],
      [1, () => field && fields.push([field[0], dice.chance(0.5) ? field[1] : jsonText(dice, 1)])],
    ]);
  }
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

/** A JSON text of any shape, nested at most `depth` deep but for the towers. */
export function jsonText(dice: FuzzDice, depth: number): string {
  return dice.weighted<string>([
    [4, () => dice.numberText()],
    [4, () => JSON.stringify(dice.awkward())],
    [2, () => dice.pick(['null', 'true', 'false', '[]', '{}', '""'])],
    [depth, () => `[${many(dice, 4, () => jsonText(dice, depth - 1))}]`],
    [
      depth,
      () => `{${many(dice, 4, () => `${JSON.stringify(dice.awkward())}:${jsonText(dice, depth - 1)}`)}}`,
    ],
    [0.3, () => tower(dice)],
  ]);
}

function tower(dice: FuzzDice): string {
  const height = Math.floor(dice.magnitude(2, 3_000));
  const [open, close] = dice.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ] as const);
  return `${open.repeat(height)}1${dice.chance(0.8) ? close.repeat(height) : ''}`;
}

const many = (dice: FuzzDice, most: number, make: () => string): string =>
  Array.from({ length: dice.int(0, most) }, make).join(',');

/** Bytes that claim to be JSON. */
export function jsonBytes(dice: FuzzDice, text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return dice.weighted<Buffer>([
    [12, () => bytes],
    [1, () => bytes.subarray(0, dice.int(0, bytes.length))],
    [1, () => Buffer.concat([bytes, bytes])],
    [1, () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes])],
    [1, () => Buffer.from(text, 'utf16le')],
    [1, () => withBrokenUtf8(dice, bytes)],
    [1, () => dice.bytes(dice.int(0, 200))],
  ]);
}

const BROKEN_UTF8 = ['c328', 'ff', 'c0af', 'eda080', 'f4908080', 'e28a', '80', 'f0'] as const;

function withBrokenUtf8(dice: FuzzDice, bytes: Buffer): Buffer {
  const at = dice.int(0, bytes.length);
  return Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from(dice.pick(BROKEN_UTF8), 'hex'),
    bytes.subarray(at),
  ]);
}
