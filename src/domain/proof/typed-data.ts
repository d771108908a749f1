/**
 * EIP-712 digests of flat structs: what the service key signs. Any Ethereum library computes the same from
 * the types below; this one exists because the domain imports nothing.
 *
 * The signing domain is a constant: name, version, chain id 1 and a salt, no contract. Installations differ
 * by their key, not by their domain.
 *
 * A digest is made for every bet that is accepted. So a digest function keeps the bytes it writes into, with
 * what they say, and the hashes of short texts: much is the same for all bets of a tick, or for many.
 */
import { isAddress, isHash, type ProofHashes, utf8Bytes, writeHex } from './proof-bytes.ts';

type FieldType = 'string' | 'address' | 'uint64' | 'uint256' | 'bytes32';

export interface StructType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** Numbers are safe, not negative; addresses and bytes are lower-case hex. Other fields are not looked at. */
export type StructValues<V> = { readonly [K in keyof V]: string | number };

/** keccak256('touchline.proof'). */
export const PROOF_SALT = '0xb0ea0671f81ab73e5539e735fc51a393341e00d6f7a7d20b224144a886f9f2bf';

export const PROOF_DOMAIN = Object.freeze({
  name: 'Touchline',
  version: '1',
  chainId: 1,
  salt: PROOF_SALT,
});

const DOMAIN_TYPE: StructType = {
  name: 'EIP712Domain',
  fields: { name: 'string', version: 'string', chainId: 'uint256', salt: 'bytes32' },
};
const WORD_BYTES = 32;
const ADDRESS_BYTES = 20;
const UINT32_BYTES = 4;
const TWO_TO_32 = 2 ** 32;
/** Longer ones name a bet or a hash, and are not met twice. */
const KEPT_TEXT_LENGTH_MAX = 24;
const KEPT_TEXTS_MAX = 256;

/** `Name(type1 field1,type2 field2)`. */
const encodeType = ({ name, fields }: StructType): string =>
  `${name}(${Object.entries(fields)
    .map(([field, type]) => `${type} ${field}`)
    .join(',')})`;

/** The digest function of one type: keccak256(0x1901 ‖ domain separator ‖ hash of the struct). */
export function typedDataDigest<V extends StructValues<V>>(
  type: StructType,
  keccak256: ProofHashes['keccak256'],
): (values: V) => Uint8Array {
  const hashStruct = structHasher<V>(type, keccak256);
  const signed = new Uint8Array(2 + 2 * WORD_BYTES);
  signed.set([0x19, 0x01]);
  signed.set(structHasher(DOMAIN_TYPE, keccak256)(PROOF_DOMAIN), 2);
  return (values) => {
    signed.set(hashStruct(values), 2 + WORD_BYTES);
    return keccak256(signed);
  };
}

function structHasher<V extends StructValues<V>>(
  type: StructType,
  keccak256: ProofHashes['keccak256'],
): (values: V) => Uint8Array {
  const fields = Object.entries(type.fields);
  const words = new Uint8Array((1 + fields.length) * WORD_BYTES);
  words.set(keccak256(utf8Bytes(encodeType(type))));
  const writeWord = wordWriter(words, keccak256);
  /** What each word says: one that already says it is left as it is. */
  const written: (string | number | undefined)[] = fields.map(() => undefined);
  return (values) => {
    let place = 0;
    for (const [name, fieldType] of fields) {
      const value = (values as Readonly<Record<string, string | number>>)[name];
      if (value === undefined) throw new RangeError(`${type.name} needs ${name}`);
      if (value !== written[place]) {
        writeWord((1 + place) * WORD_BYTES, fieldType, value);
        written[place] = value;
      }
      place += 1;
    }
    return keccak256(words);
  };
}

/**
 * A word is always of one type, so what is not written is zero, as it must be. One that cannot be written is
 * left as it was.
 */
function wordWriter(
  words: Uint8Array,
  keccak256: ProofHashes['keccak256'],
): (at: number, type: FieldType, value: string | number) => void {
  const view = new DataView(words.buffer);
  const hashText = textHasher(keccak256);
  return (at, type, value) => {
    switch (type) {
      case 'string':
        return words.set(hashText(String(value)), at);
      case 'address':
        if (!isAddress(value)) throw new RangeError(`not an address: ${value}`);
        return writeHex(words, at + WORD_BYTES - ADDRESS_BYTES, value);
      case 'bytes32':
        if (!isHash(value)) throw new RangeError(`not 32 bytes: ${value}`);
        return writeHex(words, at, value);
      case 'uint64':
      case 'uint256': {
        const uint = Number(value);
        if (!Number.isSafeInteger(uint) || uint < 0) throw new RangeError(`not a whole number: ${value}`);
        const low = at + WORD_BYTES - UINT32_BYTES;
        view.setUint32(low - UINT32_BYTES, Math.floor(uint / TWO_TO_32));
        return view.setUint32(low, uint % TWO_TO_32);
      }
      default:
        return type satisfies never;
    }
  };
}

function textHasher(keccak256: ProofHashes['keccak256']): (text: string) => Uint8Array {
  const kept = new Map<string, Uint8Array>();
  return (text) => {
    const known = kept.get(text);
    if (known) return known;
    const hash = keccak256(utf8Bytes(text));
    if (text.length > KEPT_TEXT_LENGTH_MAX) return hash;
    if (kept.size >= KEPT_TEXTS_MAX) kept.clear();
    kept.set(text, hash);
    return hash;
  };
}
