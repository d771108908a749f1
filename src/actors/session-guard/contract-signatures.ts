/**
 * Port: whether a wallet that is a contract takes a signature for its own (EIP-1271). Only its chain can say,
 * so there is one implementation of it (rpc-contract-signatures.ts), and without it no contract signs in.
 */
export interface ContractSignature {
  /** Lower-case hex. */
  readonly wallet: string;
  /** EIP-155 id of the chain the message names: the contract has to be there. */
  readonly chainId: number;
  /** The 32 bytes that were signed. */
  readonly digest: Uint8Array;
  /** Hex with 0x, of any length. */
  readonly signature: string;
}

/** `unknown`: the chain could not be asked, or did not answer in time. */
export type ContractVerdict = 'signed' | 'not-signed' | 'wrong-chain' | 'unknown';

export interface ContractSignatures {
  /** Never rejects. */
  check(signature: ContractSignature): Promise<ContractVerdict>;
}
