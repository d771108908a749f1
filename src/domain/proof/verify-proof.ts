/**
 * Derives a settlement again from a proof alone: signatures, chain, then the same pure resolver that settled
 * the bet. Total: hostile input gives a reason, never an exception.
 *
 * What `valid` means: the key that promised these terms also vouched for a chain of ticks; these are all of
 * the chain's ticks from before the acceptance to after the decision; on them the rules give this outcome.
 * What it does not mean: that the key is the one you think of. Say which keys you trust, or look at `signer`.
 */
import { BET_KINDS, type Cell } from '../cell.ts';
import { type DecidedVerdict, settleFromTicks } from '../settlement.ts';
import { type IndexTick, SYMBOL } from '../tick.ts';
import { cents, hundredths, micros, payoutMicrosFloor } from '../units.ts';
import { type Proof, parseProof } from './proof.ts';
import { bytesOfHex, hexOf, type ProofCrypto } from './proof-bytes.ts';
import { type ReceiptMessage, rulesHash, statementDigests } from './signed-statements.ts';
import { canonicalTick, chainStep, GENESIS_HASH, parseCanonicalTick } from './tick-chain.ts';

export type ProofFault =
  /** Not of the documented shape; `detail` names the first wrong field. */
  | 'MALFORMED'
  /** The receipt is of another bet than the proof says. */
  | 'RECEIPT_OF_OTHER_BET'
  | 'RECEIPT_SIGNATURE'
  | 'CHECKPOINT_SIGNATURE'
  /** Receipt and checkpoints are not all signed by one key, or one is signed by a key that is not trusted. */
  | 'SIGNERS_DIFFER'
  | 'UNTRUSTED_SIGNER'
  /** The rules are not the ones of the receipt. */
  | 'RULES_DIFFER'
  /** The terms of the receipt contradict themselves. */
  | 'TERMS_INCONSISTENT'
  /** `before` is not before `after`. */
  | 'CHECKPOINTS_SWAPPED'
  /** A checkpoint does not fit where it stands: it is of another place in the chain. */
  | 'CHECKPOINT_MISPLACED'
  | 'TICKS_TRUNCATED'
  | 'TICK_MISSING'
  | 'TICK_DUPLICATED'
  | 'TICKS_REORDERED'
  /** The ticks do not hash to the checkpoint. */
  | 'CHAIN_BROKEN'
  /** The tick the bet was accepted at is not there, or is not as the receipt says. */
  | 'ACCEPTED_TICK_DIFFERS'
  /** The ticks end before anything is decided. */
  | 'UNDECIDED'
  /** The ticks give another outcome than the proof says. */
  | 'OUTCOME_DIFFERS';

export interface ProvenSettlement {
  readonly valid: true;
  readonly betId: string;
  readonly outcome: DecidedVerdict['outcome'];
  readonly verdict: DecidedVerdict;
  /** Whose word receipt and checkpoints are. */
  readonly signers: readonly string[];
}

export interface ProofRefusal {
  readonly valid: false;
  readonly reason: ProofFault;
  /** Which field, tick or checkpoint. */
  readonly detail: string;
}

export interface VerifyOptions {
  /** Lower-case addresses of the keys that count. Default: any, but the same for the whole proof. */
  readonly signers?: readonly string[];
}

export function verifyProof(
  value: unknown,
  crypto: ProofCrypto,
  options: VerifyOptions = {},
): ProvenSettlement | ProofRefusal {
  try {
    const parsed = parseProof(value);
    if ('field' in parsed) return fault('MALFORMED', parsed.field);
    const { proof } = parsed;
    const ticks = proof.ticks.map(parseCanonicalTick);
    const malformed = ticks.indexOf(undefined);
    if (malformed >= 0) return fault('MALFORMED', `ticks[${malformed}]`);
    const series = ticks as readonly IndexTick[];
    return (
      wrongTerms(proof, crypto) ??
      wrongSignatures(proof, crypto, options) ??
      wrongOrder(proof, series) ??
      wrongChain(proof, series, crypto) ??
      settle(proof, series)
    );
  } catch {
    // Whatever gets here was signed nonsense or worse; what it was is not worth an exception.
    return fault('MALFORMED', 'proof');
  }
}

const fault = (reason: ProofFault, detail: string): ProofRefusal => ({ valid: false, reason, detail });

function wrongTerms(proof: Proof, crypto: ProofCrypto): ProofRefusal | undefined {
  const { message } = proof.receipt;
  if (message.betId !== proof.betId) return fault('RECEIPT_OF_OTHER_BET', message.betId);
  if (message.rulesHash !== rulesHash(proof.rules, crypto.keccak256)) return fault('RULES_DIFFER', 'rules');
  if (message.symbol !== SYMBOL) return fault('TERMS_INCONSISTENT', 'symbol');
  if (!BET_KINDS.some((kind) => kind === message.kind)) return fault('TERMS_INCONSISTENT', 'kind');
  if (message.acceptedAtMs >= message.opensAtMs || message.opensAtMs >= message.closesAtMs)
    return fault('TERMS_INCONSISTENT', 'opensAtMs');
  const payout = payoutMicrosFloor(micros(message.stakeMicros), hundredths(message.multiplierHundredths));
  return message.payoutMicros === payout ? undefined : fault('TERMS_INCONSISTENT', 'payoutMicros');
}

function wrongSignatures(
  { receipt, before, after }: Proof,
  crypto: ProofCrypto,
  { signers }: VerifyOptions,
): ProofRefusal | undefined {
  const digests = statementDigests(crypto);
  if (crypto.recoverAddress(digests.signedReceipt(receipt), receipt.signature) !== receipt.signer)
    return fault('RECEIPT_SIGNATURE', 'receipt');
  for (const [name, checkpoint] of Object.entries({ before, after })) {
    if (!checkpoint) continue;
    if (crypto.recoverAddress(digests.checkpoint(checkpoint), checkpoint.signature) !== checkpoint.signer)
      return fault('CHECKPOINT_SIGNATURE', name);
  }
  const stranger = signersOf({ receipt, before, after }).find((signer) =>
    signers ? !signers.includes(signer) : signer !== receipt.signer,
  );
  if (stranger === undefined) return undefined;
  return fault(signers ? 'UNTRUSTED_SIGNER' : 'SIGNERS_DIFFER', stranger);
}

const signersOf = ({ receipt, before, after }: Pick<Proof, 'receipt' | 'before' | 'after'>): string[] => [
  ...new Set([receipt.signer, ...(before ? [before.signer] : []), after.signer]),
];

/** Every seq from the one after `before` to the one of `after`, once and in order. */
function wrongOrder({ before, after }: Proof, ticks: readonly IndexTick[]): ProofRefusal | undefined {
  const fromSeq = (before?.seq ?? 0) + 1;
  if (before && before.seq >= after.seq) return fault('CHECKPOINTS_SWAPPED', `${before.seq}, ${after.seq}`);
  for (const [i, { seq }] of ticks.entries()) {
    const due = fromSeq + i;
    if (seq === due) continue;
    if (seq === ticks[i - 1]?.seq) return fault('TICK_DUPLICATED', String(seq));
    if (seq < due || ticks.some((tick) => tick.seq === due)) return fault('TICKS_REORDERED', String(seq));
    return fault(i === 0 ? 'TICKS_TRUNCATED' : 'TICK_MISSING', String(due));
  }
  const toSeq = fromSeq + ticks.length - 1;
  if (toSeq < after.seq) return fault('TICKS_TRUNCATED', String(toSeq + 1));
  return toSeq > after.seq ? fault('CHECKPOINT_MISPLACED', 'after') : undefined;
}

function wrongChain(
  { before, after }: Proof,
  ticks: readonly IndexTick[],
  { sha256 }: ProofCrypto,
): ProofRefusal | undefined {
  let hash = before ? bytesOfHex(before.hash) : GENESIS_HASH;
  let atMs = before?.atMs ?? 0;
  for (const tick of ticks) {
    if (tick.atMs <= atMs) return fault('TICKS_REORDERED', String(tick.seq));
    atMs = tick.atMs;
    hash = chainStep(hash, canonicalTick(tick), sha256);
  }
  if (hexOf(hash) !== after.hash) return fault('CHAIN_BROKEN', hexOf(hash));
  const isPlaced = after.symbol === SYMBOL && (before?.symbol ?? SYMBOL) === SYMBOL && after.atMs === atMs;
  return isPlaced ? undefined : fault('CHECKPOINT_MISPLACED', 'after');
}

/** Settling begins at the accepting tick, which itself decides nothing: the window opens later. */
function settle(proof: Proof, ticks: readonly IndexTick[]): ProvenSettlement | ProofRefusal {
  const { message } = proof.receipt;
  const acceptedIndex = ticks.findIndex(({ seq }) => seq === message.acceptedSeq);
  const accepted = ticks[acceptedIndex];
  if (accepted?.atMs !== message.acceptedAtMs || accepted.priceCents !== message.acceptedPriceCents)
    return fault('ACCEPTED_TICK_DIFFERS', String(message.acceptedSeq));
  const verdict = settleFromTicks(cellOf(message), ticks.slice(acceptedIndex), proof.rules);
  if (verdict.outcome === 'open') return fault('UNDECIDED', String(proof.after.seq));
  const { outcome, decidedSeq, decidedAtMs } = verdict;
  const reason = verdict.outcome === 'void' ? verdict.reason : null;
  const said = proof.verdict;
  const agrees =
    said.outcome === outcome &&
    said.reason === reason &&
    said.decidedSeq === decidedSeq &&
    said.decidedAtMs === decidedAtMs;
  if (!agrees) return fault('OUTCOME_DIFFERS', `${outcome} at ${decidedSeq}`);
  return { valid: true, betId: proof.betId, outcome, verdict, signers: signersOf(proof) };
}

function cellOf(message: ReceiptMessage): Cell {
  const edge = (text: string): Cell['lowCents'] => (text === '' ? null : cents(Number(text)));
  return {
    symbol: SYMBOL,
    kind: message.kind as Cell['kind'],
    opensAtMs: message.opensAtMs,
    closesAtMs: message.closesAtMs,
    lowCents: edge(message.lowCents),
    highCents: edge(message.highCents),
  };
}
