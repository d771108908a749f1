/** Bodies of the HTTP API that are not bets: requests validated here, answers as types. */
import { z } from 'zod';
import type { Proof } from '../../domain/proof/proof.ts';
import type { SignedCheckpoint } from '../../domain/proof/signed-statements.ts';
import type { IndexTick, TickQuality } from '../../domain/tick.ts';
import type { AccountView, BetView } from '../bet-view.ts';
import type { PauseReason } from '../letters/operate-market.ts';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../limits.ts';
import type { VenueReport } from '../signals.ts';

export const verifyRequestSchema = z.strictObject({
  /** The EIP-4361 message exactly as signed. */
  message: z.string().min(1).max(SIGN_IN_MESSAGE_LENGTH_MAX),
  /** 65 bytes as 0x-prefixed hex. */
  signature: z.string().regex(/^0x[0-9a-fA-F]{130}$/),
});
export type VerifyRequest = z.infer<typeof verifyRequestSchema>;

export interface TimeAnswer {
  readonly serverTimeMs: number;
}

export interface StatusAnswer {
  readonly feed: {
    readonly state: 'ok' | 'degraded' | 'down';
    readonly seq: number;
    readonly atMs: number;
    /** Bit i of a tick's `venueMask` is `venues[i]`. Absent: the source has no venues. */
    readonly venues?: readonly VenueReport[];
  };
  readonly paused: boolean;
  readonly pauseReason?: PauseReason;
  readonly rulesVersion: string;
  /** Addresses of the key that signs receipts and checkpoints, and of those that did before. */
  readonly proof: { readonly signer: string; readonly earlierSigners: readonly string[] };
  /** What EIP-4361 messages must name. */
  readonly signIn: {
    readonly domain: string;
    readonly uri: string;
    readonly chainIds: readonly number[];
    readonly statement: string;
  };
  readonly limits: {
    readonly minStakeMicros: string;
    readonly maxStakeMicros: string;
    readonly lockMs: number;
    readonly holdMs: number;
    readonly horizonMs: number;
    readonly betsPerMinute: number;
    readonly maxGapMs: number;
  };
}

export type PriceAnswer = IndexTick;

export interface PricesAnswer {
  readonly ticks: readonly {
    readonly seq: number;
    readonly atMs: number;
    readonly priceCents: number;
    readonly quality: TickQuality;
    /** As of IndexTick. */
    readonly venueMask: number;
    readonly compositionJump: boolean;
  }[];
  /** Present if there is more: pass as fromMs. */
  readonly nextFromMs?: number;
}

export interface CandlesAnswer {
  readonly intervalMs: number;
  /** Oldest first. Each is whole, also at the ends of the range; an interval without a tick has none. */
  readonly candles: readonly CandleView[];
  /** Present if there is more: pass as fromMs. */
  readonly nextFromMs?: number;
}

export interface CandleView {
  /** A multiple of the interval since the Unix epoch. */
  readonly opensAtMs: number;
  readonly openCents: number;
  readonly highCents: number;
  readonly lowCents: number;
  readonly closeCents: number;
  readonly ticks: number;
  readonly degradedTicks: number;
  /** In or at the ends of it, the line was unknown for longer than `maxGapMs` of /v1/status. */
  readonly gap: boolean;
  /** More ticks may come: at most the newest candle. */
  readonly unfinished: boolean;
}

export interface CheckpointsAnswer {
  readonly checkpoints: readonly SignedCheckpoint[];
  /** Present if there is more: pass as fromMs. */
  readonly nextFromMs?: number;
}

export type ProofAnswer = Proof;

export interface NonceAnswer {
  readonly nonce: string;
  readonly expiresAtMs: number;
}

export interface VerifyAnswer {
  readonly token: string;
  readonly wallet: string;
  readonly expiresAtMs: number;
}

export type AccountAnswer = AccountView;
export interface BetsAnswer {
  readonly bets: readonly BetView[];
  readonly nextBeforeId?: string;
}
