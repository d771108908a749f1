/** Bodies of the HTTP API that are not bets: requests validated here, answers as types. */
import { z } from 'zod';
import type { IndexTick, TickQuality } from '../../domain/tick.ts';
import type { AccountView, BetView } from '../bet-view.ts';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../limits.ts';

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
  readonly feed: { readonly state: 'ok' | 'degraded' | 'down'; readonly seq: number; readonly atMs: number };
  readonly paused: boolean;
  readonly rulesVersion: string;
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
  }[];
  /** Present if there is more: pass as fromMs. */
  readonly nextFromMs?: number;
}

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
