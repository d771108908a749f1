/** Proofs as an honest service makes them, of bets on a line of its own, and a key to sign them with. */
import type { Bet } from '../../src/domain/bet.ts';
import { PROOF_FORMAT, type Proof } from '../../src/domain/proof/proof.ts';
import { hexOf, type ProofCrypto } from '../../src/domain/proof/proof-bytes.ts';
import { receiptTree } from '../../src/domain/proof/receipt-tree.ts';
import {
  receiptMessage,
  receiptRules,
  rulesHasher,
  type SignedCheckpoint,
  type SignedReceipt,
  statementDigests,
} from '../../src/domain/proof/signed-statements.ts';
import { canonicalTick, chainStep, GENESIS_HASH } from '../../src/domain/proof/tick-chain.ts';
import { settleFromTicks } from '../../src/domain/settlement.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import type { BetView } from '../../src/protocol/bet-view.ts';
import { keccak256, recoverAddress, sha256 } from '../../src/runtime/secp256k1.ts';
import { type ServiceKey, serviceKey } from '../../src/runtime/service-key.ts';

export const NODE_CRYPTO: ProofCrypto = { sha256, keccak256, recoverAddress };

export const SERVICE_KEY = serviceKey(`0x${'11'.repeat(32)}`);
export const OTHER_SERVICE_KEY = serviceKey(`0x${'22'.repeat(32)}`);

export interface ProofParts {
  readonly bet: Bet;
  /** All recorded ticks, from seq 1. */
  readonly ticks: readonly IndexTick[];
  /** Where the checkpoint before stands; 0: at the very beginning. */
  readonly beforeSeq: number;
  readonly afterSeq: number;
  readonly key?: ServiceKey;
}

const digests = statementDigests(NODE_CRYPTO);
const hashOfRules = rulesHasher(keccak256);

export function proofOf({ bet, ticks, beforeSeq, afterSeq, key = SERVICE_KEY }: ProofParts): Proof {
  const message = receiptMessage(bet, hashOfRules);
  const verdict = settleFromTicks(bet.cell, ticks.slice(bet.acceptedSeq - 1), bet.settlementRules);
  if (verdict.outcome === 'open') throw new Error('these ticks decide nothing');
  return {
    format: PROOF_FORMAT,
    betId: bet.id,
    receipt: { message, signer: key.address, signature: key.sign(digests.receipt(message)) },
    rules: receiptRules(bet),
    before: beforeSeq === 0 ? null : checkpointAt(ticks, beforeSeq, key),
    ticks: ticks.slice(beforeSeq, afterSeq).map(canonicalTick),
    after: checkpointAt(ticks, afterSeq, key),
    verdict: {
      outcome: verdict.outcome,
      reason: verdict.outcome === 'void' ? verdict.reason : null,
      decidedSeq: verdict.decidedSeq,
      decidedAtMs: verdict.decidedAtMs,
    },
  };
}

/** One signature for all, also for one bet: which then has an empty path, and no service sends it. */
export function receiptsTogether(bets: readonly Bet[], key: ServiceKey = SERVICE_KEY): SignedReceipt[] {
  const messages = bets.map((bet) => receiptMessage(bet, hashOfRules));
  const tree = receiptTree(messages.map(digests.receipt), keccak256);
  const signature = key.sign(digests.receiptBatch({ root: hexOf(tree.root) }));
  return messages.map((message, place) => ({
    ...{ message, signer: key.address, signature },
    path: tree.pathOf(place),
  }));
}

/** The receipt of a bet in an answer; undefined for any other answer. */
export const receiptIn = (body: unknown): BetView['receipt'] =>
  typeof body === 'object' && body !== null ? (body as BetView).receipt : undefined;

/**
 * A bet without how its receipt is signed, which depends on what is answered beside it; any other answer as
 * it is.
 */
export function withoutSignature(body: unknown): unknown {
  const receipt = receiptIn(body);
  return receipt ? { ...(body as BetView), receipt: receipt.message } : body;
}

/** Whether the receipt's signature is its signer's. */
export const isSigned = (receipt: SignedReceipt): boolean =>
  recoverAddress(digests.signedReceipt(receipt), receipt.signature) === receipt.signer;

export function checkpointAt(
  ticks: readonly IndexTick[],
  seq: number,
  key: ServiceKey = SERVICE_KEY,
): SignedCheckpoint {
  const last = ticks[seq - 1];
  if (!last) throw new RangeError(`there is no tick ${seq}`);
  let hash = GENESIS_HASH;
  for (const tick of ticks.slice(0, seq)) hash = chainStep(hash, canonicalTick(tick), sha256);
  const { symbol, atMs } = last;
  const checkpoint = { symbol, seq, atMs, hash: hexOf(hash) };
  return { ...checkpoint, signer: key.address, signature: key.sign(digests.checkpoint(checkpoint)) };
}
