/**
 * A bet that goes in a batch: first, again at the end, and between them some of the same client's, which may
 * be decided already. Every one of them has the answer it would have alone.
 */
import type { PlaceBetRequest } from '../../src/protocol/api/place-bet-request.ts';
import type { PlaceBetsAnswer, PlacedBet } from '../../src/protocol/api/place-bets-request.ts';
import { ERRORS } from '../../src/protocol/errors.ts';
import { withoutSignature } from '../support/proofs.ts';
import type { Account } from './account.ts';
import type { Answer, Network } from './network.ts';
import type { World } from './world.ts';

export interface BatchedBet {
  readonly key: string;
  readonly request: PlaceBetRequest;
  /** What it was answered in somebody else's batch. */
  hear(answer: Answer): void;
}

interface BatchClient {
  readonly account: Account;
  readonly world: World;
  readonly network: Network;
}

const COMPANY_MAX = 3;

export async function placeInBatch(
  { account, world, network }: BatchClient,
  bet: Pick<BatchedBet, 'key' | 'request'>,
  others: readonly BatchedBet[],
): Promise<Answer> {
  const { dice } = world.faults;
  const size = Math.min(others.length, dice.int(0, COMPANY_MAX));
  const company = size === 0 ? [] : Array.from({ length: size }, () => dice.pick(others));
  const bets = [bet, ...company, bet].map(({ key, request }) => ({ idempotencyKey: key, bet: request }));
  const headers = account.headers();
  const answer = await network.request({ method: 'POST', path: '/v1/bets/batch', headers, body: { bets } });
  if (answer === 'lost' || answer.error) return answer;
  const { results } = answer.body as PlaceBetsAnswer;
  world.judge.expect(results.length === bets.length, `${bets.length} bets had ${results.length} results`);
  for (const [at, each] of company.entries()) each.hear(answerOf(results[1 + at], network));
  const [first, again] = [answerOf(results[0], network), answerOf(results.at(-1), network)];
  const isSame = termsText(first) === termsText(again) || isSurplus(again);
  world.judge.expect(isSame, `${bet.key} had two results in one batch`);
  if (company.length > 0 && first !== 'lost' && !first.error) world.reached('bet placed in a batch');
  return first;
}

const termsText = (answer: Answer): string =>
  JSON.stringify(answer === 'lost' ? answer : { ...answer, body: withoutSignature(answer.body) });

/** The minute had room for the first ones only. */
const isSurplus = (answer: Answer): boolean => answer !== 'lost' && answer.error?.code === 'RATE_LIMITED';

function answerOf(result: PlacedBet | undefined, network: Network): Answer {
  if (!result) return 'lost';
  if (result.ok) return { status: 201, body: result.bet };
  const { error } = result;
  network.noteRefusal('a batch', error);
  return { status: ERRORS[error.code].status, body: { error }, error };
}
