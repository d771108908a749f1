/**
 * The chain port: the hash chain over the recorded ticks, its running head, and a checkpoint for every minute
 * that ended. It is part of the tick log and grows in the same transaction.
 *
 * Invariants: the head never goes back; a checkpoint never changes; what is chained was recorded first. A log
 * that is older than its chain is chained afterwards, in steps; ticks recorded meanwhile wait for their turn.
 */
import type { SignedCheckpoint } from '../../domain/proof/signed-statements.ts';

/** How far ticks are chained: up to and including `seq`; 0 before the first. */
export interface ChainHead {
  readonly seq: number;
  /** 0x-prefixed hex. */
  readonly hash: string;
}

/** Ticks with the signed places of the chain around them. */
export interface ChainLinks {
  /** The last checkpoint before them; null: they begin with the very first tick. */
  readonly before: SignedCheckpoint | null;
  /** Canonical texts of every tick after `before` up to `after`. */
  readonly ticks: readonly string[];
  /** The first checkpoint at or after them, or the head of the chain if that minute has not ended. */
  readonly after: SignedCheckpoint;
}

/** `pending`: not chained that far yet. `too-long`: more ticks than a proof may have. `unsigned`: no key. */
export type LinksRefusal = 'pending' | 'too-long' | 'unsigned';

/** What signs checkpoints. */
export interface CheckpointKey {
  readonly address: string;
  sign(digest: Uint8Array): string;
}

export interface TickChain {
  head(): ChainHead;
  /** Chains at most `limit` ticks that are recorded and not chained yet; says how many still wait. */
  catchUp(limit: number): number;
  /** Throws StartRefusedError if the newest stretch of the log is not what was chained. */
  check(): void;
  links(fromSeq: number, toSeq: number): ChainLinks | LinksRefusal;
  /** Checkpoints with atMs ≥ `fromMs`, oldest first. */
  checkpoints(fromMs: number, limit: number): SignedCheckpoint[];
}
