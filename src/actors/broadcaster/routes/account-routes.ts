/** The account of the session's wallet, and the limits it sets for itself. The Resolver keeps both. */
import { accountSchema, selfLimitsAnswerSchema } from '../../../protocol/api/account-answers.ts';
import { RESOLVER } from '../../../protocol/letters/resolver.ts';
import { selfLimitsRequestSchema } from '../../../protocol/self-limits.ts';
import { outcomeOf } from '../http-answer.ts';
import { route } from './route.ts';

const DEADLINE_MS = 3_000;

export const getAccount = route({
  method: 'GET',
  path: '/v1/account',
  tag: 'account',
  summary: 'Balance and open stakes',
  auth: 'session',
  answer: accountSchema,
  asks: true,
  errors: ['NOT_FOUND'],
  handle: async ({ session }, { context }) => {
    const letter = { type: 'GetAccount', body: { wallet: session.wallet } } as const;
    return outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS }));
  },
});

export const getSelfLimits = route({
  method: 'GET',
  path: '/v1/limits/self',
  tag: 'account',
  summary: 'The limits the wallet set for itself',
  auth: 'session',
  answer: selfLimitsAnswerSchema,
  asks: true,
  errors: [],
  handle: async ({ session }, { context }) => {
    const letter = { type: 'GetSelfLimits', body: { wallet: session.wallet } } as const;
    return outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS }));
  },
});

export const putSelfLimits = route({
  method: 'PUT',
  path: '/v1/limits/self',
  tag: 'account',
  summary: 'Set all of these limits at once',
  description:
    'Tighter ones hold at once, looser ones a day later. Safe to repeat: the same again changes nothing.',
  auth: 'session',
  body: selfLimitsRequestSchema,
  answer: selfLimitsAnswerSchema,
  asks: true,
  errors: ['NOT_FOUND'],
  handle: async ({ session, body }, { context }) => {
    const letter = { type: 'SetSelfLimits', body: { wallet: session.wallet, limits: body } } as const;
    return outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: DEADLINE_MS }));
  },
});
