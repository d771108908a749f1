/** Routes of proofs: one bet's, and the signed checkpoints, which anybody may collect. */
import type { CheckpointsAnswer } from '../../protocol/api/http.ts';
import { HISTORY_WRITER } from '../../protocol/letters/history-writer.ts';
import { CHECKPOINTS_PER_READ_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { HttpRequest, HttpResponse } from './client-server.ts';
import { answer, answerOutcome, outcomeOf, problem, refusal } from './http-answer.ts';
import { bearerToken, isId, readInteger, readQuery } from './http-input.ts';
import type { ProofDesk } from './proof-desk.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface ProofRoutePorts {
  readonly context: Pick<ActorContext, 'ask'>;
  readonly gate: SessionGate;
  readonly proofs: ProofDesk;
}

const READ_DEADLINE_MS = 3_000;

export async function getProof(
  request: HttpRequest,
  ports: ProofRoutePorts,
  id: string,
): Promise<HttpResponse> {
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  if (!isId(id)) return refusal('NOT_FOUND');
  return answerOutcome(await ports.proofs.proof(session.value.wallet, id));
}

export async function getCheckpoints(
  request: HttpRequest,
  { context }: ProofRoutePorts,
): Promise<HttpResponse> {
  const query = readQuery(request, ['fromMs']);
  if (!query.ok) return problem(query.error);
  const fromMs = query.value.fromMs === undefined ? 0 : readInteger(query.value.fromMs);
  if (fromMs === undefined) return refusal('MALFORMED', { field: 'fromMs' });
  const letter = { type: 'ReadCheckpoints', body: { fromMs, limit: CHECKPOINTS_PER_READ_MAX } } as const;
  const read = outcomeOf(await context.ask(HISTORY_WRITER, letter, { deadlineMs: READ_DEADLINE_MS }));
  if (!read.ok) return problem(read.error);
  const { checkpoints } = read.value;
  const last = checkpoints.at(-1);
  const isFull = checkpoints.length === CHECKPOINTS_PER_READ_MAX;
  const page: CheckpointsAnswer = {
    checkpoints,
    ...(isFull && last ? { nextFromMs: last.atMs + 1 } : {}),
  };
  return answer(200, page);
}
