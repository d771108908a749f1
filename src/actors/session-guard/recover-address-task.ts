/**
 * Whose signature it is: EIP-191 hash of the text, then ECDSA public-key recovery on secp256k1. Runs in a
 * thread of the compute pool. Total: hostile input gives null, never an exception.
 *
 * Accepts exactly 65 bytes (r, s, v), v 27/28 or 0/1, and s in the lower half of the order only: with a high
 * s everyone could make a second valid signature from a seen one (EIP-2). EIP-2098 compact ones are refused.
 */
// By its file: the thread that runs this needs nothing else of the runtime.
import {
  addressOfPublicKey,
  personalMessageDigest,
  type RecoverPublicKey,
  recoverNatively,
  recoverWithEthers,
} from '../../runtime/secp256k1.ts';

export interface RecoverAddressTask {
  readonly message: string;
  /** 0x and 130 hex digits. */
  readonly signature: string;
}

const SIGNATURE_HEX = /^0x[0-9a-fA-F]{130}$/;
/** Half the order of secp256k1, rounded down. */
const S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

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
    const digest = personalMessageDigest(message);
    if (!digest) return null;
    try {
      const publicKey = recover(bytes.subarray(0, 64), recoveryId, digest);
      return addressOfPublicKey(publicKey);
    } catch {
      return null;
    }
  };
}
