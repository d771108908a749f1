/** Several bets in one request. */
import { placeBetsAnswerSchema, placeBetsRequestSchema } from '../../../protocol/api/place-bets-request.ts';
import { route } from './route.ts';

export const postBets = route({
  method: 'POST',
  path: '/v1/bets/batch',
  tag: 'bets',
  summary: 'Place several bets',
  description:
    'Each bet has its own idempotency key and its own result, in order: what `POST /v1/bets` would have ' +
    'answered. They are executed at one tick, in this order, and each sees what the ones before it took ' +
    'up. Each counts as one bet for the rate limit: if the minute has room for fewer, the first ones ' +
    'are placed and the surplus is refused `RATE_LIMITED` in its place. Repeating a request is safe.',
  auth: 'session-by-desk',
  body: placeBetsRequestSchema,
  answer: placeBetsAnswerSchema,
  asks: true,
  errors: [],
  handle: ({ token, body }, { placeBets }) => placeBets({ token, body }),
});
