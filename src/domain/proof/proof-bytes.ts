/**
 * Bytes as proofs write them: lower-case hex with 0x, UTF-8, and JSON in one canonical form. Upper case is
 * not the same text: one value has one spelling, so no changed byte of a proof can go unnoticed.
 */

/** What a proof needs of cryptography; given from outside, so that the same verifier runs everywhere. */
export interface ProofHashes {
  sha256(bytes: Uint8Array): Uint8Array;
  keccak256(bytes: Uint8Array): Uint8Array;
}

export interface ProofCrypto extends ProofHashes {
  /**
   * Lower-case 0x address of who signed the 32-byte digest; undefined if nobody did. The signature is 65
   * bytes (r, s, v) as lower-case hex with 0x, s in the lower half of the order, v 27 or 28.
   */
  recoverAddress(digest: Uint8Array, signature: string): string | undefined;
}

const utf8 = new TextEncoder();
const HEX_DIGITS = utf8.encode('0123456789abcdef');
const HASH_BYTES = 32;
const ASCII_MAX = 0x7f;
const DIGIT_0 = 0x30;
const LETTER_X = 0x78;
/** Half the order of secp256k1, rounded down. */
const S_MAX_HEX = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';

/** Texts of proofs are short and nearly always ASCII, of which the call into the encoder costs most. */
export function utf8Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > ASCII_MAX) return utf8.encode(text);
    bytes[i] = code;
  }
  return bytes;
}

/** Where the digits of a hash are put, which is what most bytes here are. */
const hashDigits = new Uint8Array(2 + 2 * HASH_BYTES);

/** Made at once: a text put together digit by digit costs twice as much, and again when it is sent. */
export function hexOf(bytes: Uint8Array): string {
  const codes = bytes.length === HASH_BYTES ? hashDigits : new Uint8Array(2 + 2 * bytes.length);
  codes[0] = DIGIT_0;
  codes[1] = LETTER_X;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] ?? 0;
    codes[2 + 2 * i] = HEX_DIGITS[byte >> 4] ?? 0;
    codes[3 + 2 * i] = HEX_DIGITS[byte & 15] ?? 0;
  }
  // It takes any list of numbers, without another copy.
  return String.fromCharCode.apply(null, codes as unknown as number[]);
}

/** Throws a RangeError for anything but 0x and whole bytes in lower-case hex. */
export function bytesOfHex(hex: string): Uint8Array {
  if (!/^0x([0-9a-f]{2})*$/.test(hex)) throw new RangeError('not lower-case hex');
  const bytes = new Uint8Array(hex.length / 2 - 1);
  writeHex(bytes, 0, hex);
  return bytes;
}

/** Puts the bytes of lower-case hex with 0x, which the caller knows it to be, where they belong. */
export function writeHex(target: Uint8Array, at: number, hex: string): void {
  for (let digit = 2; digit < hex.length; digit += 2)
    target[at + digit / 2 - 1] = 16 * digitAt(hex, digit) + digitAt(hex, digit + 1);
}

/** Of a lower-case digit: '0' is 48, 'a' is 97. */
function digitAt(hex: string, index: number): number {
  const code = hex.charCodeAt(index);
  return code < 97 ? code - 48 : code - 87;
}

export const isHash = (text: unknown): text is string =>
  typeof text === 'string' && /^0x[0-9a-f]{64}$/.test(text);
export const isAddress = (text: unknown): text is string =>
  typeof text === 'string' && /^0x[0-9a-f]{40}$/.test(text);
/**
 * The one spelling of a signature: with the other s of the curve, everybody could make a second one
 * (EIP-2).
 */
export const isSignature = (text: unknown): text is string =>
  typeof text === 'string' && /^0x[0-9a-f]{128}1[bc]$/.test(text) && text.slice(66, 130) <= S_MAX_HEX;

/** JSON without spaces and with sorted names: what RFC 8785 gives for plain ASCII names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`).join(',')}}`;
}
