/** Letters that read the tick chain: what a proof needs of it, and the checkpoints themselves. */
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type {
  ChainRead,
  CheckpointsRead,
  ReadChain,
  ReadCheckpoints,
} from '../../protocol/letters/history-writer.ts';
import { CHECKPOINTS_PER_READ_MAX } from '../../protocol/limits.ts';
import type { TickChain } from './tick-chain.ts';

export function readChain(chain: TickChain, body: ReadChain['body']): Outcome<ChainRead> {
  const { fromSeq, toSeq } = body;
  if (!isSeq(fromSeq) || !isSeq(toSeq) || fromSeq > toSeq) return refused('MALFORMED', { field: 'fromSeq' });
  const links = chain.links(fromSeq, toSeq);
  if (links === 'pending') return refused('PROOF_PENDING');
  if (typeof links === 'string') return refused('PROOF_UNAVAILABLE', { reason: links });
  return done(links);
}

export function readCheckpoints(chain: TickChain, body: ReadCheckpoints['body']): Outcome<CheckpointsRead> {
  const { fromMs, limit } = body;
  if (!Number.isSafeInteger(fromMs) || fromMs < 0) return refused('MALFORMED', { field: 'fromMs' });
  if (!Number.isSafeInteger(limit) || limit < 1) return refused('MALFORMED', { field: 'limit' });
  return done({ checkpoints: chain.checkpoints(fromMs, Math.min(limit, CHECKPOINTS_PER_READ_MAX)) });
}

const isSeq = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
