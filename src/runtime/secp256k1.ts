/**
 * Ethereum's cryptography as this project uses it: SHA-256, Keccak-256, and signatures on secp256k1 with the
 * address of whoever made them. The one file that imports `secp256k1`.
 *
 * Signatures are 65 bytes (r, s, v) as lower-case hex with 0x, s in the lower half of the order (EIP-2), v 27
 * or 28, deterministic (RFC 6979): the same key and digest give the same signature, natively or not.
 *
 * Trap: `import 'secp256k1'` silently becomes a pure JavaScript implementation when its native part is
 * missing. So the native part is asked for by name, and `ethers` (audited noble curves) stands in for it.
 */
import { hash } from 'node:crypto';
import { createRequire } from 'node:module';
import { SigningKey } from 'ethers/crypto';
import { computeAddress } from 'ethers/transaction';
import { keccak256 } from './keccak.ts';

export { keccak256 };

/** Uncompressed public key, 65 bytes; throws if there is none. */
export type RecoverPublicKey = (rs: Uint8Array, recoveryId: number, digest: Uint8Array) => Uint8Array;
/** Signature of a 32-byte digest with a 32-byte key. */
export type SignDigest = (digest: Uint8Array, privateKey: Uint8Array) => string;

const ADDRESS_BYTES = 20;
const SIGNATURE_HEX = /^0x[0-9a-f]{130}$/;
/** Half the order of secp256k1, rounded down. */
const S_MAX_HEX = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';

const native = loadNative();

export const recoverNatively: RecoverPublicKey | undefined =
  native && ((rs, recoveryId, digest) => native.ecdsaRecover(rs, recoveryId, digest, false));

export function recoverWithEthers(rs: Uint8Array, recoveryId: number, digest: Uint8Array): Uint8Array {
  const hex = Buffer.from(rs).toString('hex');
  const signature = { r: `0x${hex.slice(0, 64)}`, s: `0x${hex.slice(64)}`, v: 27 + recoveryId };
  return fromHex(SigningKey.recoverPublicKey(digest, signature));
}

export const signNatively: SignDigest | undefined =
  native &&
  ((digest, privateKey) => {
    const { signature, recid } = native.ecdsaSign(digest, privateKey);
    return `0x${Buffer.from(signature).toString('hex')}${(27 + recid).toString(16)}`;
  });

export const signWithEthers: SignDigest = (digest, privateKey) =>
  new SigningKey(toHex(privateKey)).sign(digest).serialized;

export const signDigest: SignDigest = signNatively ?? signWithEthers;

const recoverPublicKey: RecoverPublicKey = recoverNatively ?? recoverWithEthers;

/** Lower-case address of the signer; undefined for anything that is no such signature. Never throws. */
export function recoverAddress(digest: Uint8Array, signature: string): string | undefined {
  if (!SIGNATURE_HEX.test(signature) || signature.slice(66, 130) > S_MAX_HEX) return undefined;
  const recoveryId = Number.parseInt(signature.slice(130), 16) - 27;
  if (recoveryId !== 0 && recoveryId !== 1) return undefined;
  try {
    return addressOfPublicKey(recoverPublicKey(fromHex(signature).subarray(0, 64), recoveryId, digest));
  } catch {
    return undefined;
  }
}

/**
 * The digest a wallet signs for a text (EIP-191, `personal_sign`); undefined for a text with half a surrogate
 * pair, which has no UTF-8.
 */
export function personalMessageDigest(text: string): Uint8Array | undefined {
  if (!text.isWellFormed()) return undefined;
  const bytes = Buffer.from(text);
  return keccak256(Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes]));
}

/** As EIP-55 writes it: `address` is lower-case. */
export function checksumAddress(address: string): string {
  const digits = address.slice(2);
  const hash = Buffer.from(keccak256(Buffer.from(digits, 'latin1'))).toString('hex');
  let written = '0x';
  for (const [at, digit] of [...digits].entries())
    written += (hash[at] ?? '0') >= '8' ? digit.toUpperCase() : digit;
  return written;
}

/** Lower-case. `publicKey`: 65 bytes, uncompressed. */
export const addressOfPublicKey = (publicKey: Uint8Array): string =>
  toHex(keccak256(publicKey.subarray(1)).subarray(-ADDRESS_BYTES));

/** Lower-case; throws if the 32 bytes are no key of the curve. */
export const addressOfPrivateKey = (privateKey: Uint8Array): string =>
  computeAddress(toHex(privateKey)).toLowerCase();

export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

function loadNative(): typeof import('secp256k1') | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js');
  } catch {
    return undefined;
  }
}

const fromHex = (hex: string): Uint8Array => Buffer.from(hex.slice(2), 'hex');
const toHex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
