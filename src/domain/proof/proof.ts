/**
 * A proof of one settlement: everything that is needed to derive it again, and nothing that is not checked.
 * `parseProof` is as strict as a signature: a field too many, a number spelled otherwise, an upper-case digit
 * make it no proof. The format is told in docs/proof.md.
 */
import { isAddress, isHash, isSignature } from './proof-bytes.ts';
import { RECEIPT_PATH_MAX } from './receipt-tree.ts';
import {
  RECEIPT_TYPE,
  type ReceiptRules,
  type SignedCheckpoint,
  type SignedReceipt,
} from './signed-statements.ts';

export const PROOF_FORMAT = 'touchline-proof-1';

/** More than two full minutes of checkpoints around the longest bet at 10 Hz. */
export const TICKS_PER_PROOF_MAX = 10_000;

/** What the service says came of it. Not signed: the verifier derives it. */
export interface ProofVerdict {
  readonly outcome: 'won' | 'lost' | 'void';
  /** Why it was voided, else null. */
  readonly reason: string | null;
  readonly decidedSeq: number;
  readonly decidedAtMs: number;
}

export interface Proof {
  readonly format: typeof PROOF_FORMAT;
  readonly betId: string;
  readonly receipt: SignedReceipt;
  readonly rules: ReceiptRules;
  /** The last checkpoint before the accepting tick; null: the chain is followed from its very beginning. */
  readonly before: SignedCheckpoint | null;
  /** Canonical texts of every tick after `before` up to and including the one of `after`. */
  readonly ticks: readonly string[];
  /** A checkpoint at or after the deciding tick. */
  readonly after: SignedCheckpoint;
  readonly verdict: ProofVerdict;
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isWhole = (value: unknown): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0);
const isPositive = (value: unknown): boolean => isWhole(value) && value !== 0;
const isText = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 100 && /^[\x21-\x7e]+$/.test(value);
const isNonNegative = (value: unknown): boolean =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && !Object.is(value, -0);
const isEdge = (value: unknown): boolean =>
  value === '' || (typeof value === 'string' && /^(0|[1-9]\d{0,15})$/.test(value) && isWhole(Number(value)));
const isOneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

const FIELD_CHECKS = {
  string: isText,
  address: isAddress,
  uint64: isWhole,
  uint256: isWhole,
  bytes32: isHash,
};

const RECEIPT_SHAPE: Shape = {
  ...Object.fromEntries(
    Object.entries(RECEIPT_TYPE.fields).map(([name, type]) => [name, FIELD_CHECKS[type]]),
  ),
  acceptedSeq: isPositive,
  lowCents: isEdge,
  highCents: isEdge,
};
/** An empty one would be a second way to have none. Not `every` of the array itself: it passes over holes. */
const isReceiptPath = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= RECEIPT_PATH_MAX &&
  Array.from(value).every(isHash);

const SIGNED_SHAPE: Shape = { signer: isAddress, signature: isSignature };
const CHECKPOINT_SHAPE: Shape = {
  ...{ symbol: isText, seq: isPositive, atMs: isPositive, hash: isHash },
  ...SIGNED_SHAPE,
};
const VERDICT_SHAPE: Shape = {
  outcome: isOneOf('won', 'lost', 'void'),
  reason: (value) => value === null || isText(value),
  decidedSeq: isPositive,
  decidedAtMs: isPositive,
};

/** The proof, or the path of the first field that makes it none. Never throws. */
export function parseProof(value: unknown): { readonly proof: Proof } | { readonly field: string } {
  const field = firstWrongField(value);
  return field === undefined ? { proof: value as Proof } : { field };
}

/** Looked at by itself, as a whole. */
const isRecord = (): boolean => true;

function firstWrongField(value: unknown): string | undefined {
  const parts: Shape = {
    format: isOneOf(PROOF_FORMAT),
    betId: isText,
    receipt: isRecord,
    rules: isRecord,
    before: isRecord,
    ticks: isTickList,
    after: isRecord,
    verdict: isRecord,
  };
  const wrong = wrongIn('', value, parts);
  if (wrong !== undefined) return wrong;
  const { receipt, rules, before, after, verdict } = value as Record<string, unknown>;
  return (
    wrongReceipt(receipt) ??
    wrongRules(rules) ??
    (before === null ? undefined : wrongIn('before.', before, CHECKPOINT_SHAPE)) ??
    wrongIn('after.', after, CHECKPOINT_SHAPE) ??
    wrongIn('verdict.', verdict, VERDICT_SHAPE)
  );
}

function wrongReceipt(receipt: unknown): string | undefined {
  const isOfBatch = typeof receipt === 'object' && receipt !== null && Object.hasOwn(receipt, 'path');
  const shape = { message: isRecord, ...SIGNED_SHAPE, ...(isOfBatch && { path: isReceiptPath }) };
  return (
    wrongIn('receipt.', receipt, shape) ??
    wrongIn('receipt.message.', (receipt as { message: unknown }).message, RECEIPT_SHAPE)
  );
}

const isTickList = (value: unknown): boolean =>
  Array.isArray(value) && value.length <= TICKS_PER_PROOF_MAX && value.every(isText);

/** Exactly the fields of the shape, each as it must be. */
function wrongIn(path: string, value: unknown, shape: Shape): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return path.slice(0, -1) || 'proof';
  const record = value as Record<string, unknown>;
  for (const name of Object.keys(record)) if (!Object.hasOwn(shape, name)) return `${path}${name}`;
  for (const [name, isRight] of Object.entries(shape))
    if (!Object.hasOwn(record, name) || !isRight(record[name])) return `${path}${name}`;
  return undefined;
}

/** Later versions may settle by more numbers: any are taken, and all of them are in the signed hash. */
function wrongRules(rules: unknown): string | undefined {
  const known: Shape = { rulesVersion: isText, maxGapMs: isPositive, maxDegradedFraction: isNonNegative };
  if (typeof rules !== 'object' || rules === null || Array.isArray(rules)) return 'rules';
  const isRight = (name: string): boolean => isText(name) && name !== '__proto__';
  const others = Object.keys(rules).filter((name) => !Object.hasOwn(known, name) && isRight(name));
  return wrongIn('rules.', rules, {
    ...known,
    ...Object.fromEntries(others.map((name) => [name, isNonNegative])),
  });
}
