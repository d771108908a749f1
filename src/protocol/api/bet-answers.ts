/** A bet, its receipt and its proof, as the API shows them; the same as bet-view.ts and domain/proof say. */
import { z } from 'zod';
import { BET_KINDS } from '../../domain/cell.ts';
import { PROOF_FORMAT, TICKS_PER_PROOF_MAX } from '../../domain/proof/proof.ts';
import { RECEIPT_PATH_MAX } from '../../domain/proof/receipt-tree.ts';
import {
  address,
  atMs,
  betKind,
  betStatus,
  durationMs,
  edgeCents,
  fraction,
  hash,
  type Immutable,
  identifier,
  micros,
  multiplier,
  nextCursor,
  rulesVersion,
  sigmaPerSqrtSecond,
  signature,
  symbol,
  tickSeq,
} from './wire-values.ts';

const wholeMicros = z.int().nonnegative().meta({ description: 'Micro-credits.' });
const edgeText = z
  .string()
  .regex(/^((0|[1-9]\d{0,15})|)$/)
  .meta({ description: 'Cents as a decimal string; empty: open on that side.', examples: ['6124000'] });

const receiptMessageSchema = z.strictObject({
  betId: identifier,
  wallet: address,
  symbol: z.string(),
  kind: z.enum(BET_KINDS) as z.ZodType<string>,
  opensAtMs: atMs,
  closesAtMs: atMs,
  lowCents: edgeText,
  highCents: edgeText,
  stakeMicros: wholeMicros,
  multiplierHundredths: z.int().positive(),
  payoutMicros: wholeMicros,
  receivedAtMs: atMs,
  acceptedSeq: tickSeq,
  acceptedAtMs: atMs,
  acceptedPriceCents: z.int().positive(),
  sigmaPerSqrtSecond: z.string(),
  rulesHash: hash,
});

export const receiptSchema = z
  .strictObject({
    message: receiptMessageSchema,
    signer: address,
    signature,
    path: z.exactOptional(z.array(hash).min(1).max(RECEIPT_PATH_MAX)).meta({
      description:
        'If the signature is of several receipts: the hashes that lead from the digest of this one to the ' +
        'root of the `ReceiptBatch` that is signed. Without it, the receipt itself is signed.',
    }),
  })
  .meta({ id: 'Receipt', description: 'The frozen terms of a bet, signed (EIP-712) by the service.' });

export const betViewSchema = z
  .strictObject({
    id: identifier,
    wallet: address,
    symbol,
    kind: betKind,
    opensAtMs: atMs,
    closesAtMs: atMs,
    lowCents: edgeCents,
    highCents: edgeCents,
    stakeMicros: micros,
    multiplier,
    payoutMicros: micros.meta({ description: 'What it pays if it wins, stake included.' }),
    status: betStatus,
    receivedAtMs: atMs,
    acceptedSeq: tickSeq.meta({ description: 'The tick it was executed at.' }),
    acceptedAtMs: atMs,
    acceptedPriceCents: z.int().positive(),
    sigmaPerSqrtSecond,
    rulesVersion,
    settlementRules: z.exactOptional(z.strictObject({ maxGapMs: durationMs, maxDegradedFraction: fraction })),
    receipt: z.exactOptional(receiptSchema).meta({
      description:
        'In the answer to placing, where receipts may share a signature, and in `GET /v1/bets/{id}`, ' +
        'where it is always the same.',
    }),
    settledSeq: z
      .exactOptional(tickSeq)
      .meta({ description: 'The tick that decided; present once settled.' }),
    settledAtMs: z.exactOptional(atMs),
    reason: z.exactOptional(z.string()).meta({ description: 'Why it is void.' }),
    nearMiss: z
      .exactOptional(z.strictObject({ cents: z.int().nonnegative(), atMs, seq: tickSeq }))
      .meta({ description: 'Of a lost touch or a won no_touch: the closest the line came to the cell.' }),
  })
  .meta({ id: 'Bet' });

export const betsAnswerSchema = z
  .strictObject({
    bets: z.array(betViewSchema).meta({ description: 'Newest first.' }),
    nextBeforeId: z.exactOptional(identifier).meta({ description: 'The same as an id: pass as `beforeId`.' }),
    nextCursor,
  })
  .meta({ id: 'Bets' });
export type BetsAnswer = Immutable<z.infer<typeof betsAnswerSchema>>;

export const signedCheckpointSchema = z
  .strictObject({ symbol: z.string(), seq: tickSeq, atMs, hash, signer: address, signature })
  .meta({ id: 'Checkpoint', description: 'The hash of the chain of ticks after tick `seq`, signed.' });

export const checkpointsAnswerSchema = z
  .strictObject({
    checkpoints: z.array(signedCheckpointSchema).meta({ description: 'Oldest first.' }),
    nextFromMs: z.exactOptional(atMs).meta({ description: 'The same as a time: pass as `fromMs`.' }),
    nextCursor,
  })
  .meta({ id: 'Checkpoints' });
export type CheckpointsAnswer = Immutable<z.infer<typeof checkpointsAnswerSchema>>;

export const proofAnswerSchema = z
  .strictObject({
    format: z.literal(PROOF_FORMAT),
    betId: identifier,
    receipt: receiptSchema,
    rules: z.strictObject({ rulesVersion, maxGapMs: durationMs, maxDegradedFraction: fraction }),
    before: signedCheckpointSchema
      .nullable()
      .meta({ description: 'The last checkpoint before the accepting tick; null: the very beginning.' }),
    ticks: z.array(z.string()).max(TICKS_PER_PROOF_MAX).meta({
      description: 'Canonical texts of every tick after `before` up to the one of `after`.',
    }),
    after: signedCheckpointSchema,
    verdict: z.strictObject({
      outcome: z.enum(['won', 'lost', 'void']),
      reason: z.string().nullable(),
      decidedSeq: tickSeq,
      decidedAtMs: atMs,
    }),
  })
  .meta({
    id: 'Proof',
    description:
      'All that is needed to derive the outcome alone: the receipt, signed, has the terms; each tick is ' +
      'hashed with the hash before it (SHA-256 of both), from the signed checkpoint `before` to the signed ' +
      '`after`, so that none can be left out; by `rules`, these ticks give the verdict.',
  });
export type ProofAnswer = Immutable<z.infer<typeof proofAnswerSchema>>;
