/** Signing in and out with an Ethereum wallet (EIP-4361). The SessionGuard decides. */
import { z } from 'zod';
import {
  nonceAnswerSchema,
  signOutAnswerSchema,
  verifyAnswerSchema,
  verifyRequestSchema,
} from '../../../protocol/api/account-answers.ts';
import { done, refused } from '../../../protocol/errors.ts';
import { SESSION_GUARD } from '../../../protocol/letters/session-guard.ts';
import { cookieWith, isByCookie, isOursToo, noCookie, wantsCookie } from '../front-door/session-cookie.ts';
import { outcomeOf } from '../http-answer.ts';
import { refuseWith, route } from './route.ts';

const READ_DEADLINE_MS = 3_000;
/** Recovering a signature may wait behind a queue of others. */
const SIGN_IN_DEADLINE_MS = 5_000;

export const getNonce = route({
  method: 'GET',
  path: '/v1/auth/nonce',
  tag: 'session',
  summary: 'A nonce for one sign-in message',
  auth: 'none',
  answer: nonceAnswerSchema,
  asks: true,
  errors: [],
  handle: async (_input, { context }) => {
    const letter = { type: 'IssueNonce', body: {} } as const;
    return outcomeOf(await context.ask(SESSION_GUARD, letter, { deadlineMs: READ_DEADLINE_MS }));
  },
});

export const postVerify = route({
  method: 'POST',
  path: '/v1/auth/verify',
  tag: 'session',
  summary: 'Sign in: a signed EIP-4361 message for a session',
  description:
    'The message names what `signIn` of GET /v1/status says, line by line as in the example: the address ' +
    'in EIP-55 mixed case, the nonce, `Issued At` (now, by GET /v1/time) and `Expiration Time`, which is ' +
    'required and at most 10 minutes after it. The first sign-in of a wallet opens its account with a ' +
    'grant of play credits. With the header `X-Touchline-Session: cookie`, a page of an allowed origin ' +
    'gets its session as an HttpOnly cookie instead of a token; whatever it changes under that cookie then ' +
    'needs its Origin and `X-Touchline-Request: 1`.',
  auth: 'none',
  headers: z.object({
    'x-touchline-session': z
      .string()
      .optional()
      .meta({ description: '`cookie`: for pages. Without it the answer has a token.' }),
  }),
  body: verifyRequestSchema,
  answer: verifyAnswerSchema,
  asks: true,
  errors: ['SIGN_IN_REFUSED', 'NONCE_UNKNOWN', 'ORIGIN_REFUSED'],
  handle: async ({ request: { headers }, body }, { context, settings }) => {
    const isCookie = wantsCookie(headers);
    const missing = isCookie ? isOursToo(headers, settings.origins) : true;
    if (missing !== true) return refused('ORIGIN_REFUSED', { field: missing });
    const letter = { type: 'SignIn', body } as const;
    const asked = await context.ask(SESSION_GUARD, letter, { deadlineMs: SIGN_IN_DEADLINE_MS });
    const session = outcomeOf(asked);
    if (!session.ok || !isCookie) return session;
    const { token, ...shown } = session.value;
    return { ...done(shown), headers: { 'Set-Cookie': cookieWith(token, headers.origin ?? '') } };
  },
});

/** The SessionGuard looks the token up itself: it may end a session the gate would no longer let in. */
export const postSignOut = route({
  method: 'POST',
  path: '/v1/auth/signout',
  tag: 'session',
  summary: 'End the session, everywhere',
  description:
    'A wallet has one session at a time, so this signs it out of every page, socket and program that ' +
    'uses it.',
  auth: 'session-by-desk',
  answer: signOutAnswerSchema,
  asks: true,
  errors: [],
  handle: async ({ request: { headers }, token }, { context, settings }) => {
    if (token === undefined) return refuseWith('UNAUTHENTICATED');
    const letter = { type: 'SignOut', body: { token } } as const;
    const ended = outcomeOf(await context.ask(SESSION_GUARD, letter, { deadlineMs: READ_DEADLINE_MS }));
    if (!ended.ok || !isByCookie(headers, settings.origins)) return ended;
    return { ...ended, headers: { 'Set-Cookie': noCookie(headers.origin ?? '') } };
  },
});
