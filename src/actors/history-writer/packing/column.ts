/**
 * A column of whole numbers from 0 to 2^53 − 1 in few bits: all alike costs nothing a number, small ones with
 * rare large ones about as many bits as the small ones have.
 *
 * Form: 6 bits `k`. 63: every number is the 53 bits that follow. Else 53 bits `least`, then each number minus
 * `least` as a Rice code: its quotient by 2^k in ones and a zero, then k bits; or, from a quotient of
 * QUOTIENT_MAX on, that many ones and 53 plain bits.
 */
import { type BitReader, type BitWriter, DamagedFrame, SAFE_BITS } from './bits.ts';

const K_BITS = 6;
const ALL_ALIKE = 63;
const QUOTIENT_MAX = 16;

export function writeColumn(bits: BitWriter, values: readonly number[]): void {
  const least = values.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER);
  const rest = values.map((value) => value - least);
  if (rest.every((value) => value === 0)) {
    bits.write(ALL_ALIKE, K_BITS);
    bits.write(values.length === 0 ? 0 : least, SAFE_BITS);
    return;
  }
  const k = cheapestK(rest);
  bits.write(k, K_BITS);
  bits.write(least, SAFE_BITS);
  const divisor = 2 ** k;
  for (const value of rest) writeRice(bits, value, k, divisor);
}

export function readColumn(bits: BitReader, count: number): number[] {
  const k = bits.read(K_BITS);
  const least = bits.read(SAFE_BITS);
  if (k === ALL_ALIKE) return new Array<number>(count).fill(least);
  if (k > SAFE_BITS) throw new DamagedFrame(`a column of ${k} bits`);
  const divisor = 2 ** k;
  const values: number[] = [];
  while (values.length < count) values.push(least + readRice(bits, k, divisor));
  return values;
}

/** `divisor` is 2^k, which takes longer to work out than all the rest. */
function writeRice(bits: BitWriter, value: number, k: number, divisor: number): void {
  const quotient = Math.floor(value / divisor);
  if (quotient >= QUOTIENT_MAX) {
    bits.write(2 ** QUOTIENT_MAX - 1, QUOTIENT_MAX);
    bits.write(value, SAFE_BITS);
    return;
  }
  bits.write((2 << quotient) - 2, quotient + 1);
  bits.write(value % divisor, k);
}

function readRice(bits: BitReader, k: number, divisor: number): number {
  const quotient = bits.readOnes(QUOTIENT_MAX);
  return quotient === QUOTIENT_MAX ? bits.read(SAFE_BITS) : quotient * divisor + bits.read(k);
}

/** Tries them all: with many zeros and a few jumps there is more than one valley. */
function cheapestK(values: readonly number[]): number {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  let [best, bestBits] = [0, Number.POSITIVE_INFINITY];
  for (let k = 0; k < SAFE_BITS && 2 ** k <= 2 * most; k += 1) {
    const bits = columnBits(values, k);
    if (bits < bestBits) [best, bestBits] = [k, bits];
  }
  return best;
}

function columnBits(values: readonly number[], k: number): number {
  const divisor = 2 ** k;
  let bits = 0;
  for (const value of values) {
    bits += value >= QUOTIENT_MAX * divisor ? QUOTIENT_MAX + SAFE_BITS : Math.floor(value / divisor) + 1 + k;
  }
  return bits;
}
