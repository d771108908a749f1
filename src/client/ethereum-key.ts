/**
 * The only file of the client that imports `ethers`, by its small parts (45 kB instead of 160). Loaded when a
 * wallet is first needed, never before.
 */
import { getAddress } from 'ethers/address';
import { keccak256, SigningKey, sha256 } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';
import { computeAddress } from 'ethers/transaction';
import { bytesOfHex, type ProofCrypto } from '../domain/proof/proof-bytes.ts';

/** What a proof is checked with, in browsers and in Node. */
export const proofCrypto: ProofCrypto = {
  sha256: (bytes) => bytesOfHex(sha256(bytes)),
  keccak256: (bytes) => bytesOfHex(keccak256(bytes)),
  recoverAddress(digest, signature) {
    try {
      const publicKey = SigningKey.recoverPublicKey(digest, signature);
      return computeAddress(publicKey).toLowerCase();
    } catch {
      return undefined;
    }
  },
};

/** EIP-55 checksummed. */
export const checksummed = (address: string): string => getAddress(address);

export const addressOf = (privateKey: string): string => computeAddress(privateKey);

/** EIP-191 `personal_sign`: 65 bytes as 0x-prefixed hex. */
export const signPersonal = (privateKey: string, text: string): string =>
  new SigningKey(privateKey).sign(hashMessage(text)).serialized;
