/** `/v1/limits/self`: the limits a wallet sets for itself. The Resolver keeps them and holds it to them. */
import { RESOLVER } from '../../protocol/letters/resolver.ts';
import { selfLimitsRequestSchema } from '../../protocol/self-limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { HttpRequest, HttpResponse } from './client-server.ts';
import { answerOutcome, outcomeOf, problem } from './http-answer.ts';
import { bearerToken, readBody } from './http-input.ts';
import type { SessionGate } from './sessions/session-gate.ts';

export interface LimitsRoutePorts {
  readonly context: Pick<ActorContext, 'ask'>;
  readonly gate: SessionGate;
}

const DEADLINE_MS = 3_000;

export async function getSelfLimits(request: HttpRequest, ports: LimitsRoutePorts): Promise<HttpResponse> {
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  const letter = { type: 'GetSelfLimits', body: { wallet: session.value.wallet } } as const;
  return answerOutcome(outcomeOf(await ports.context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS })));
}

/** All limits at once. Safe to repeat: asking for the same again changes nothing. */
export async function putSelfLimits(request: HttpRequest, ports: LimitsRoutePorts): Promise<HttpResponse> {
  const limits = readBody(request, selfLimitsRequestSchema);
  if (!limits.ok) return problem(limits.error);
  const session = await ports.gate.check(bearerToken(request));
  if (!session.ok) return problem(session.error);
  const body = { wallet: session.value.wallet, limits: limits.value };
  const letter = { type: 'SetSelfLimits', body } as const;
  return answerOutcome(outcomeOf(await ports.context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS })));
}
