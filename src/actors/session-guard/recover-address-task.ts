/**
 * Whose signature it is: EIP-191 hash of the text, then ECDSA public-key recovery on secp256k1. Runs in a
 * thread of the compute pool. Total: hostile input gives null, never an exception.
 *
 * Accepts exactly 65 bytes (r, s, v), v 27/28 or 0/1, and s in the lower half of the order only: with a high
 * s everyone could make a second valid signature from a seen one (EIP-2). EIP-2098 compact ones are refused.
 *
 * Trap: `import 'secp256k1'` silently becomes a pure JavaScript implementation when its native part is
 * missing. So the native part is asked for by name, and `ethers` (audited noble curves) stands in for it.
 */
import { createRequire } from 'node:module';
import { keccak256, SigningKey } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';

export interface RecoverAddressTask {
  readonly message: string;
  /** 0x and 130 hex digits. */
  readonly signature: string;
}

/** Uncompressed public key, 65 bytes; throws if there is none. */
type RecoverPublicKey = (rs: Uint8Array, recoveryId: number, hash: Uint8Array) => Uint8Array;

const SIGNATURE_HEX = /^0x[0-9a-fA-F]{130}$/;
/** Half the order of secp256k1, rounded down. */
const S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

export const recoverNatively = nativeRecovery();
export const task = addressRecovery(recoverNatively ?? recoverWithEthers);

/** Lower-case address of the signer, or null. */
export function addressRecovery(recover: RecoverPublicKey): (input: RecoverAddressTask) => string | null {
  return ({ message, signature }) => {
    if (typeof message !== 'string' || typeof signature !== 'string' || !SIGNATURE_HEX.test(signature))
      return null;
    const bytes = Buffer.from(signature.slice(2), 'hex');
    const v = bytes[64] ?? -1;
    const recoveryId = v >= 27 ? v - 27 : v;
    if (recoveryId !== 0 && recoveryId !== 1) return null;
    if (BigInt(`0x${signature.slice(66, 130)}`) > S_MAX) return null;
    try {
      const publicKey = recover(bytes.subarray(0, 64), recoveryId, fromHex(hashMessage(message)));
      return `0x${keccak256(publicKey.subarray(1)).slice(-40)}`;
    } catch {
      return null;
    }
  };
}

export function recoverWithEthers(rs: Uint8Array, recoveryId: number, hash: Uint8Array): Uint8Array {
  const hex = Buffer.from(rs).toString('hex');
  const signature = { r: `0x${hex.slice(0, 64)}`, s: `0x${hex.slice(64)}`, v: 27 + recoveryId };
  return fromHex(SigningKey.recoverPublicKey(hash, signature));
}

function nativeRecovery(): RecoverPublicKey | undefined {
  try {
    const native: typeof import('secp256k1') = createRequire(import.meta.url)('secp256k1/bindings.js');
    return (rs, recoveryId, hash) => native.ecdsaRecover(rs, recoveryId, hash, false);
  } catch {
    return undefined;
  }
}

function fromHex(hex: string): Uint8Array {
  return Buffer.from(hex.slice(2), 'hex');
}
