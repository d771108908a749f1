/** Placing bets and looking at them. What a bet is, and which are taken, is the Resolver's to decide. */
import { z } from 'zod';
import { betsAnswerSchema, betViewSchema } from '../../../protocol/api/bet-answers.ts';
import { PLACING_ERRORS } from '../../../protocol/api/documented-errors.ts';
import { idempotencyKeySchema, placeBetRequestSchema } from '../../../protocol/api/place-bet-request.ts';
import { betStatus, cursor, identifier } from '../../../protocol/api/wire-values.ts';
import type { BetStatus } from '../../../protocol/bet-view.ts';
import { done, type Outcome } from '../../../protocol/errors.ts';
import { RESOLVER } from '../../../protocol/letters/resolver.ts';
import { BETS_PER_PAGE_MAX } from '../../../protocol/limits.ts';
import { outcomeOf } from '../http-answer.ts';
import { malformed } from '../http-input.ts';
import { isAlone, readCursor, writeCursor } from './cursor.ts';
import { queryInteger } from './query-values.ts';
import { route } from './route.ts';

const READ_DEADLINE_MS = 3_000;
const BETS_PER_PAGE_DEFAULT = 50;
const LISTING = 'bets';
/** In a cursor: of any status. */
const ANY = '*';

export const postBet = route({
  method: 'POST',
  path: '/v1/bets',
  tag: 'bets',
  summary: 'Place a bet',
  description:
    'It is executed at the first tick `holdMs` after it came, at the multiplier of that moment, and ' +
    'refused if that is below `minMultiplier`. Repeating a request under its key is safe: there is one ' +
    'answer.',
  auth: 'session-by-desk',
  headers: z.object({ 'idempotency-key': idempotencyKeySchema }),
  body: placeBetRequestSchema,
  answer: betViewSchema,
  status: 201,
  asks: true,
  errors: PLACING_ERRORS,
  handle: async ({ token, headers, body }, { placeBet }) => {
    const placed = await placeBet({ token, idempotencyKey: headers['idempotency-key'], bet: body });
    return placed.ok ? { ...placed, headers: { Location: `/v1/bets/${placed.value.id}` } } : placed;
  },
});

export const getBets = route({
  method: 'GET',
  path: '/v1/bets',
  tag: 'bets',
  summary: 'The bets of the wallet, newest first',
  auth: 'session',
  query: z.strictObject({
    limit: queryInteger(1, BETS_PER_PAGE_MAX).default(BETS_PER_PAGE_DEFAULT),
    status: betStatus.optional(),
    beforeId: identifier.optional().meta({ description: 'Those before this bet.' }),
    cursor: cursor.optional(),
  }),
  answer: betsAnswerSchema,
  asks: true,
  errors: [],
  handle: async ({ query, session }, { context }) => {
    const page = pageOf(query);
    if (!page.ok) return page;
    const { limit } = query;
    const letter = { type: 'ListBets', body: { wallet: session.wallet, limit, ...page.value } } as const;
    const listed = outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS }));
    if (!listed.ok) return listed;
    const { nextBeforeId } = listed.value;
    if (nextBeforeId === undefined) return listed;
    const nextCursor = writeCursor(LISTING, [page.value.status ?? ANY, nextBeforeId]);
    return done({ ...listed.value, nextCursor });
  },
});

export const getBet = route({
  method: 'GET',
  path: '/v1/bets/{id}',
  tag: 'bets',
  summary: 'One bet of the wallet, with its signed receipt',
  auth: 'session',
  answer: betViewSchema,
  asks: true,
  errors: [],
  handle: async ({ id, session }, { context, proofs }) => {
    const letter = { type: 'GetBet', body: { wallet: session.wallet, betId: id } } as const;
    const bet = outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS }));
    return bet.ok ? done(proofs.withReceipt(bet.value)) : bet;
  },
});

interface BetsPage {
  readonly beforeId?: string;
  readonly status?: BetStatus;
}

interface BetsQuery {
  readonly beforeId?: string | undefined;
  readonly status?: BetStatus | undefined;
  readonly cursor?: string | undefined;
}

function pageOf(query: BetsQuery): Outcome<BetsPage> {
  const { beforeId, status } = query;
  if (query.cursor === undefined)
    return done({ ...(beforeId === undefined ? {} : { beforeId }), ...(status && { status }) });
  const alone = isAlone({ beforeId, status }, ['beforeId', 'status']);
  if (!alone.ok) return alone;
  const parts = readCursor(LISTING, query.cursor, 2);
  if (!parts.ok) return parts;
  const [statusText, idText] = parts.value;
  const parsedStatus = betStatus.safeParse(statusText);
  const parsedId = identifier.safeParse(idText);
  if (!parsedId.success || !(parsedStatus.success || statusText === ANY)) return malformed('cursor');
  return done({ beforeId: parsedId.data, ...(parsedStatus.success && { status: parsedStatus.data }) });
}
