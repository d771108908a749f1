/**
 * The two statements the service signs: a receipt (the frozen terms of one accepted bet) and a checkpoint
 * (the chain of ticks up to here has this hash). Both are EIP-712 typed data, pure functions of what they
 * state: signed anew with the same key they come out the same, so receipts need not be stored.
 */
import type { Bet } from '../bet.ts';
import type { SettlementRules } from '../rules.ts';
import { canonicalJson, hexOf, type ProofHashes, utf8Bytes } from './proof-bytes.ts';
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

export const receiptMessage = (bet: Bet, keccak256: ProofHashes['keccak256']): ReceiptMessage => ({
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
  rulesHash: rulesHash(receiptRules(bet), keccak256),
});

const edgeText = (edgeCents: number | null): string => (edgeCents === null ? '' : String(edgeCents));

/** Digests to sign or to recover a signer from. Making it hashes the types once. */
export interface StatementDigests {
  receipt(message: ReceiptMessage): Uint8Array;
  checkpoint(checkpoint: Checkpoint): Uint8Array;
}

export function statementDigests({ keccak256 }: Pick<ProofHashes, 'keccak256'>): StatementDigests {
  const digestReceipt = typedDataDigest(RECEIPT_TYPE, keccak256);
  const digestCheckpoint = typedDataDigest(CHECKPOINT_TYPE, keccak256);
  return {
    receipt: (message) => digestReceipt({ ...message }),
    checkpoint: ({ symbol, seq, atMs, hash }) => digestCheckpoint({ symbol, seq, atMs, hash }),
  };
}
