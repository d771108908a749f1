/**
 * The only file of the client that imports `ethers`, by its small parts (45 kB instead of 160). Loaded when a
 * wallet is first needed, never before.
 */
import { getAddress } from 'ethers/address';
import { SigningKey } from 'ethers/crypto';
import { hashMessage } from 'ethers/hash';
import { computeAddress } from 'ethers/transaction';

/** EIP-55 checksummed. */
export const checksummed = (address: string): string => getAddress(address);

export const addressOf = (privateKey: string): string => computeAddress(privateKey);

/** EIP-191 `personal_sign`: 65 bytes as 0x-prefixed hex. */
export const signPersonal = (privateKey: string, text: string): string =>
  new SigningKey(privateKey).sign(hashMessage(text)).serialized;
