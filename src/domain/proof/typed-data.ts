/**
 * EIP-712 digests of flat structs: what the service key signs. Any Ethereum library computes the same from
 * the types below; this one exists because the domain imports nothing.
 *
 * The signing domain is a constant: name, version, chain id 1 and a salt, no contract. Installations differ
 * by their key, not by their domain.
 */
import { bytesOfHex, type ProofHashes, utf8Bytes } from './proof-bytes.ts';

type FieldType = 'string' | 'address' | 'uint64' | 'uint256' | 'bytes32';

export interface StructType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** Numbers are safe, not negative; addresses and bytes are lower-case hex. */
export type StructValues = Readonly<Record<string, string | number>>;

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

/** `Name(type1 field1,type2 field2)`. */
const encodeType = ({ name, fields }: StructType): string =>
  `${name}(${Object.entries(fields)
    .map(([field, type]) => `${type} ${field}`)
    .join(',')})`;

/** The digest function of one type: keccak256(0x1901 ‖ domain separator ‖ hash of the struct). */
export function typedDataDigest(
  type: StructType,
  keccak256: ProofHashes['keccak256'],
): (values: StructValues) => Uint8Array {
  const separator = structHasher(DOMAIN_TYPE, keccak256)(PROOF_DOMAIN);
  const hashStruct = structHasher(type, keccak256);
  return (values) => keccak256(joined([Uint8Array.of(0x19, 0x01), separator, hashStruct(values)]));
}

function structHasher(
  type: StructType,
  keccak256: ProofHashes['keccak256'],
): (values: StructValues) => Uint8Array {
  const typeHash = keccak256(utf8Bytes(encodeType(type)));
  const fields = Object.entries(type.fields);
  return (values) =>
    keccak256(
      joined([
        typeHash,
        ...fields.map(([name, fieldType]) => {
          const value = values[name];
          if (value === undefined) throw new RangeError(`${type.name} needs ${name}`);
          return word(fieldType, value, keccak256);
        }),
      ]),
    );
}

function word(type: FieldType, value: string | number, keccak256: ProofHashes['keccak256']): Uint8Array {
  switch (type) {
    case 'string':
      return keccak256(utf8Bytes(String(value)));
    case 'address':
    case 'bytes32':
      return leftPadded(bytesOfHex(String(value)));
    case 'uint64':
    case 'uint256':
      return uintWord(Number(value));
    default:
      return type satisfies never;
  }
}

function uintWord(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number: ${value}`);
  const bytes = new Uint8Array(WORD_BYTES);
  let rest = value;
  for (let i = WORD_BYTES - 1; rest > 0; i -= 1) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

function leftPadded(value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES);
  bytes.set(value, WORD_BYTES - value.length);
  return bytes;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
