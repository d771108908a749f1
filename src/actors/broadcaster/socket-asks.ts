/**
 * What a client may ask on its connection besides subscribing and placing one bet: several, quotes, its
 * account. Each frame is answered as the HTTP route of the same name would answer it.
 */
import type { AnswerFrame, ClientFrame } from '../../protocol/api/frames.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import { RESOLVER, type ResolverLetter } from '../../protocol/letters/resolver.ts';
import type { ActorContext } from '../../runtime/index.ts';
import type { PlaceBets } from './batch-desk.ts';
import type { PlaceBet } from './bet-desk.ts';
import { outcomeOf } from './http-answer.ts';
import type { QuoteDesk } from './quote-desk.ts';

export type Ask = Extract<ClientFrame, { op: 'place-batch' | 'quote' | 'account' | 'bets' }>;

/** An answer without the `id` of its frame; distributes over the union. */
type Answer<F = AnswerFrame> = F extends AnswerFrame ? Omit<F, 'id'> : never;

export interface Desks {
  readonly context: Pick<ActorContext, 'ask'>;
  readonly placeBet: PlaceBet;
  readonly placeBets: PlaceBets;
  readonly quotes: Pick<QuoteDesk, 'quoteAsSent'>;
}

/** Who is signed in on the connection. */
export interface Asker {
  readonly token: string;
  readonly wallet: string;
}

const READ_DEADLINE_MS = 3_000;
const BETS_PER_PAGE_DEFAULT = 50;

/** `asSent`: the frame before validation, so that what is in it is validated with every key. */
export async function answerAsk(
  frame: Ask,
  asSent: AsSent,
  desks: Desks,
  asker: Asker | undefined,
): Promise<Outcome<Answer>> {
  switch (frame.op) {
    case 'place-batch': {
      const placed = await desks.placeBets({ token: undefined, ...asker, body: { bets: asSent.bets } });
      return placed.ok ? done({ ack: 'place-batch', ...placed.value }) : placed;
    }
    case 'quote': {
      const quoted = await desks.quotes.quoteAsSent({ cells: asSent.cells }, asker?.wallet);
      return quoted.ok ? done({ ack: 'quote', ...quoted.value }) : quoted;
    }
    default:
      return asker ? read(frame, desks, asker.wallet) : refused('UNAUTHENTICATED');
  }
}

export interface AsSent {
  readonly bet?: unknown;
  readonly bets?: unknown;
  readonly cells?: unknown;
}

async function read(
  frame: Extract<Ask, { op: 'account' | 'bets' }>,
  { context }: Desks,
  wallet: string,
): Promise<Outcome<Answer>> {
  const options = { deadlineMs: READ_DEADLINE_MS };
  if (frame.op === 'account') {
    const letter = { type: 'GetAccount', body: { wallet } } as const satisfies ResolverLetter;
    const account = outcomeOf(await context.ask(RESOLVER, letter, options));
    return account.ok ? done({ ack: 'account', account: account.value }) : account;
  }
  const { limit = BETS_PER_PAGE_DEFAULT, beforeId, status } = frame;
  const body = { wallet, limit, ...(beforeId && { beforeId }), ...(status && { status }) };
  const page = outcomeOf(await context.ask(RESOLVER, { type: 'ListBets', body }, options));
  return page.ok ? done({ ack: 'bets', ...page.value }) : page;
}
