/**
 * Draws of one session of the fuzzer: those of the simulator, and bytes, texts and the favourites of
 * attackers.
 */
import { Dice } from '../simulation/dice.ts';

const NUMBER_TEXTS = [
  ...['0', '-0', '1', '-1', '00', '1.5', '1e3', '1e308', '1e309', '-1e400', '0x10', '+5', ' 7', '1_0', 'NaN'],
  ...['Infinity', '2147483648', '4294967296', '9007199254740991', '9007199254740993', '18446744073709551616'],
  ...['99999999999999999999999999', '0.1e-400', '1e', '.5', '5.', '١٢', '１２'],
] as const;

const AWKWARD_TEXTS = [
  ...['', ' ', '\0', '\u007f', '\u0085', '\u2028', '\ufeff', '\ud800', '\udfff\ud800', '💥', 'é', 'e\u0301'],
  ...['\u202e', '__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'then'],
  ...[
    '%00',
    '%',
    '%zz',
    '%c0%af',
    '..',
    '../../etc/passwd',
    '..%2f',
    '\\',
    "' OR 1=1 --",
    '{{7*7}}',
    '*',
    ':',
  ],
  ...['session:*', 'null', 'undefined', 'true', '[]', '{}', '\r\n', 'a\r\nX: y', '0x', 'btc:usd', 'price'],
] as const;

export class FuzzDice extends Dice {
  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count);
    for (let at = 0; at < count; at += 1) bytes[at] = this.int(0, 255);
    return bytes;
  }

  /** Printable ASCII without separators. */
  word(lengthMax: number): string {
    const length = this.int(1, lengthMax);
    let word = '';
    for (let at = 0; at < length; at += 1) word += WORD_CHARS[this.int(0, WORD_CHARS.length - 1)];
    return word;
  }

  numberText(): string {
    return this.chance(0.5) ? this.pick(NUMBER_TEXTS) : String(Math.floor(this.magnitude(1, 1e17)));
  }

  awkward(): string {
    if (this.chance(0.03)) return this.pick(AWKWARD_TEXTS).repeat(this.int(1, 200));
    return this.chance(0.7) ? this.pick(AWKWARD_TEXTS) : this.word(40);
  }

  /** One of these by weight: `[weight, make]`. */
  weighted<T>(choices: readonly (readonly [number, () => T])[]): T {
    let left = this.fraction() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, make] of choices) {
      left -= weight;
      if (left < 0) return make();
    }
    throw new Error('nothing to choose from');
  }

  /** The same list in up to `piecesMax` pieces, cut anywhere. */
  pieces(bytes: Buffer, piecesMax: number): Buffer[] {
    const count = this.int(1, Math.max(1, Math.min(piecesMax, bytes.length)));
    const cuts = Array.from({ length: count - 1 }, () => this.int(0, bytes.length)).sort((a, b) => a - b);
    return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
  }
}

const WORD_CHARS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.';
