/** Bits in a row, most significant first, as numbers of up to 53 bits. */

export const SAFE_BITS = 53;
const BYTES_AT_FIRST = 2_048;

/** Thrown for bytes that are not what was packed. */
export class DamagedFrame extends Error {
  override readonly name = 'DamagedFrame';
}

/** Most bits that lie within four bytes, wherever they begin. */
const WORD_BITS = 24;

export class BitWriter {
  #bytes = new Uint8Array(BYTES_AT_FIRST);
  #bits = 0;

  /** `value` < 2^`width`, `width` ≤ 53. */
  write(value: number, width: number): void {
    if (width <= WORD_BITS) {
      this.#writeWord(value, width);
      return;
    }
    let left = width;
    while (left > WORD_BITS) {
      left -= WORD_BITS;
      this.#writeWord(Math.floor(value / 2 ** left) % 2 ** WORD_BITS, WORD_BITS);
    }
    this.#writeWord(value % 2 ** left, left);
  }

  /** A copy, filled up with zeros to whole bytes, and `spare` bytes more. */
  bytes(spare = 0): Uint8Array {
    const bytes = new Uint8Array(Math.ceil(this.#bits / 8) + spare);
    bytes.set(this.#bytes.subarray(0, bytes.length - spare));
    return bytes;
  }

  #writeWord(value: number, width: number): void {
    const at = this.#bits >>> 3;
    if (at + 4 > this.#bytes.length) this.#grow();
    const word = value << (32 - width - (this.#bits & 7));
    for (let n = 0; n < 4; n += 1) {
      this.#bytes[at + n] = (this.#bytes[at + n] ?? 0) | (word >>> (24 - 8 * n));
    }
    this.#bits += width;
  }

  #grow(): void {
    const grown = new Uint8Array(2 * this.#bytes.length);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #bits = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(width: number): number {
    if (width <= WORD_BITS) return this.#readWord(width);
    let value = 0;
    let left = width;
    while (left > WORD_BITS) {
      value = value * 2 ** WORD_BITS + this.#readWord(WORD_BITS);
      left -= WORD_BITS;
    }
    return value * 2 ** left + this.#readWord(left);
  }

  /** How many ones come next, `most` (up to 24) at most; and reads them, with the zero that ends fewer. */
  readOnes(most: number): number {
    const ones = Math.min(most, Math.clz32(~(this.#word() << (this.#bits & 7))));
    this.#readWord(ones < most ? ones + 1 : ones);
    return ones;
  }

  /** True if nothing is left but the zeros of the last byte. */
  isAtEnd(): boolean {
    const left = 8 * this.#bytes.length - this.#bits;
    return left < 8 && this.read(left) === 0;
  }

  #readWord(width: number): number {
    if (this.#bits + width > 8 * this.#bytes.length) throw new DamagedFrame('it ends too soon');
    const word = this.#word() << (this.#bits & 7);
    this.#bits += width;
    return width === 0 ? 0 : word >>> (32 - width);
  }

  /** The four bytes from where the reader stands; zeros beyond the end. */
  #word(): number {
    const at = this.#bits >>> 3;
    if (at + 4 <= this.#bytes.length) return this.#view.getInt32(at);
    const byte = (n: number): number => this.#bytes[at + n] ?? 0;
    return (byte(0) << 24) | (byte(1) << 16) | (byte(2) << 8) | byte(3);
  }
}
