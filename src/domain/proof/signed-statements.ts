/**
 * The statements the service signs: a receipt (the frozen terms of one accepted bet), many receipts at once
 * (by the root of the tree over their digests) and a checkpoint (the chain of ticks up to here has this
 * hash). All are EIP-712 typed data, pure functions of what they state: the terms can always be signed anew,
 * so receipts need not be stored.
 */
import type { Bet } from '../bet.ts';
import type { SettlementRules } from '../rules.ts';
import { canonicalJson, hexOf, type ProofHashes, utf8Bytes } from './proof-bytes.ts';
import { rootOf } from './receipt-tree.ts';
import { type StructType, typedDataDigest } from './typed-data.ts';

export interface Signed {
  /** Lower-case address of the service key. */
  readonly signer: string;
  /** r, s, v as 65 bytes of lower-case hex with 0x. */
  readonly signature: string;
}

export interface ReceiptMessage {
  readonly betId: string;
  readonly wallet: string;
  readonly symbol: string;
  readonly kind: string;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  /** Decimal cents; empty where the band is open on that side. */
  readonly lowCents: string;
  readonly highCents: string;
  readonly stakeMicros: number;
  readonly multiplierHundredths: number;
  readonly payoutMicros: number;
  readonly receivedAtMs: number;
  readonly acceptedSeq: number;
  readonly acceptedAtMs: number;
  readonly acceptedPriceCents: number;
  /** Shortest decimal text of the double, as ECMAScript writes it. */
  readonly sigmaPerSqrtSecond: string;
  /** keccak256 of the canonical JSON of the bet's ReceiptRules. */
  readonly rulesHash: string;
}

export interface SignedReceipt extends Signed {
  readonly message: ReceiptMessage;
  /**
   * If the signature is of several receipts: the hashes that lead from this one's digest to the root that is
   * signed, at least one, at most RECEIPT_PATH_MAX. Without it, the digest itself is signed.
   */
  readonly path?: readonly string[];
}

/** All receipts whose digests are the leaves of the tree with this root. */
export interface ReceiptBatch {
  readonly root: string;
}

/** The rules a bet settles by, frozen with it. */
export type ReceiptRules = SettlementRules & { readonly rulesVersion: string };

/** The chain's hash after tick `seq`. */
export interface Checkpoint {
  readonly symbol: string;
  readonly seq: number;
  readonly atMs: number;
  readonly hash: string;
}

export type SignedCheckpoint = Checkpoint & Signed;

export const RECEIPT_TYPE: StructType = {
  name: 'Receipt',
  fields: {
    betId: 'string',
    wallet: 'address',
    symbol: 'string',
    kind: 'string',
    opensAtMs: 'uint64',
    closesAtMs: 'uint64',
    lowCents: 'string',
    highCents: 'string',
    stakeMicros: 'uint64',
    multiplierHundredths: 'uint64',
    payoutMicros: 'uint64',
    receivedAtMs: 'uint64',
    acceptedSeq: 'uint64',
    acceptedAtMs: 'uint64',
    acceptedPriceCents: 'uint64',
    sigmaPerSqrtSecond: 'string',
    rulesHash: 'bytes32',
  },
};

export const RECEIPT_BATCH_TYPE: StructType = { name: 'ReceiptBatch', fields: { root: 'bytes32' } };

export const CHECKPOINT_TYPE: StructType = {
  name: 'Checkpoint',
  fields: { symbol: 'string', seq: 'uint64', atMs: 'uint64', hash: 'bytes32' },
};

export const receiptRules = ({ rulesVersion, settlementRules }: Bet): ReceiptRules => ({
  rulesVersion,
  ...settlementRules,
});

export const rulesHash = (rules: ReceiptRules, keccak256: ProofHashes['keccak256']): string =>
  hexOf(keccak256(utf8Bytes(canonicalJson(rules))));

/** Bets of one time settle by the same rules: those asked for last are remembered, with their hash. */
export function rulesHasher(keccak256: ProofHashes['keccak256']): (rules: ReceiptRules) => string {
  let last: { readonly rules: ReceiptRules; readonly hash: string } | undefined;
  return (rules) => {
    if (last === undefined || !haveSameFields(rules, last.rules))
      last = { rules: { ...rules }, hash: rulesHash(rules, keccak256) };
    return last.hash;
  };
}

function haveSameFields(a: ReceiptRules, b: ReceiptRules): boolean {
  const names = Object.keys(a) as (keyof ReceiptRules)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** `hashOfRules`: a `rulesHasher`. */
export const receiptMessage = (bet: Bet, hashOfRules: (rules: ReceiptRules) => string): ReceiptMessage => ({
  betId: bet.id,
  wallet: bet.wallet,
  symbol: bet.cell.symbol,
  kind: bet.cell.kind,
  opensAtMs: bet.cell.opensAtMs,
  closesAtMs: bet.cell.closesAtMs,
  lowCents: edgeText(bet.cell.lowCents),
  highCents: edgeText(bet.cell.highCents),
  stakeMicros: bet.stakeMicros,
  multiplierHundredths: bet.multiplier,
  payoutMicros: bet.payoutMicros,
  receivedAtMs: bet.receivedAtMs,
  acceptedSeq: bet.acceptedSeq,
  acceptedAtMs: bet.acceptedAtMs,
  acceptedPriceCents: bet.acceptedPriceCents,
  sigmaPerSqrtSecond: String(bet.sigmaPerSqrtSecond),
  rulesHash: hashOfRules(receiptRules(bet)),
});

const edgeText = (edgeCents: number | null): string => (edgeCents === null ? '' : String(edgeCents));

/** Digests to sign or to recover a signer from. Making it hashes the types once. */
export interface StatementDigests {
  receipt(message: ReceiptMessage): Uint8Array;
  receiptBatch(batch: ReceiptBatch): Uint8Array;
  checkpoint(checkpoint: Checkpoint): Uint8Array;
  /** What a receipt's signature is of: itself, or the batch its path leads to. */
  signedReceipt(receipt: Pick<SignedReceipt, 'message' | 'path'>): Uint8Array;
}

export function statementDigests({ keccak256 }: Pick<ProofHashes, 'keccak256'>): StatementDigests {
  const receipt = typedDataDigest<ReceiptMessage>(RECEIPT_TYPE, keccak256);
  const receiptBatch = typedDataDigest<ReceiptBatch>(RECEIPT_BATCH_TYPE, keccak256);
  const checkpoint = typedDataDigest<Checkpoint>(CHECKPOINT_TYPE, keccak256);
  return {
    receipt,
    receiptBatch,
    checkpoint,
    signedReceipt: ({ message, path }) => {
      const digest = receipt(message);
      return path === undefined ? digest : receiptBatch({ root: hexOf(rootOf(digest, path, keccak256)) });
    },
  };
}
