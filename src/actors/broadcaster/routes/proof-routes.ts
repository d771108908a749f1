/** Proofs: one bet's, and the signed checkpoints, which anybody may collect. */
import { z } from 'zod';
import {
  type CheckpointsAnswer,
  checkpointsAnswerSchema,
  proofAnswerSchema,
} from '../../../protocol/api/bet-answers.ts';
import { cursor } from '../../../protocol/api/wire-values.ts';
import { done } from '../../../protocol/errors.ts';
import { HISTORY_WRITER } from '../../../protocol/letters/history-writer.ts';
import { CHECKPOINTS_PER_READ_MAX } from '../../../protocol/limits.ts';
import { outcomeOf } from '../http-answer.ts';
import { malformed } from '../http-input.ts';
import { isAlone, readCursor, writeCursor } from './cursor.ts';
import { queryAtMs } from './query-values.ts';
import { route } from './route.ts';

const READ_DEADLINE_MS = 3_000;
const LISTING = 'checkpoints';
/** A full page never changes. */
const FULL_KEEP_SECONDS = 86_400;

export const getProof = route({
  method: 'GET',
  path: '/v1/bets/{id}/proof',
  tag: 'proofs',
  summary: 'All that is needed to derive the outcome of a settled bet',
  auth: 'session',
  answer: proofAnswerSchema,
  asks: true,
  revalidates: true,
  errors: ['PROOF_PENDING', 'PROOF_UNAVAILABLE'],
  handle: ({ id, session }, { proofs }) => proofs.proof(session.wallet, id),
});

export const getCheckpoints = route({
  method: 'GET',
  path: '/v1/checkpoints',
  tag: 'proofs',
  summary: 'Signed checkpoints of the chain of ticks, oldest first',
  auth: 'none',
  query: z.strictObject({ fromMs: queryAtMs.optional(), cursor: cursor.optional() }),
  answer: checkpointsAnswerSchema,
  asks: true,
  revalidates: true,
  errors: [],
  handle: async ({ query }, { context }) => {
    let fromMs = query.fromMs ?? 0;
    if (query.cursor !== undefined) {
      const alone = isAlone({ fromMs: query.fromMs }, ['fromMs']);
      if (!alone.ok) return alone;
      const parts = readCursor(LISTING, query.cursor, 1);
      const parsed = queryAtMs.safeParse(parts.ok ? parts.value[0] : undefined);
      if (!parsed.success) return malformed('cursor');
      fromMs = parsed.data;
    }
    const letter = { type: 'ReadCheckpoints', body: { fromMs, limit: CHECKPOINTS_PER_READ_MAX } } as const;
    const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
    if (!read.ok) return read;
    const { checkpoints } = read.value;
    const last = checkpoints.at(-1);
    if (checkpoints.length < CHECKPOINTS_PER_READ_MAX || !last) return done({ checkpoints });
    const nextFromMs = last.atMs + 1;
    const page: CheckpointsAnswer = {
      checkpoints,
      nextFromMs,
      nextCursor: writeCursor(LISTING, [nextFromMs]),
    };
    return { ...done(page), keepSeconds: FULL_KEEP_SECONDS };
  },
});
