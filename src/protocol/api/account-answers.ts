/** What the routes of a session and of its account take and answer. */
import { z } from 'zod';
import { SIGN_IN_MESSAGE_LENGTH_MAX } from '../limits.ts';
import { selfLimitsRequestSchema } from '../self-limits.ts';
import { signInMessage } from './sign-in-message.ts';
import { address, atMs, type Immutable, micros } from './wire-values.ts';

const EXAMPLE_ADDRESS = '0x71C7656EC7ab88b098defB751B7401B5f6d8976F';
const EXAMPLE_NONCE = '0f3c6a5b9d2e4817';
const EXAMPLE_MS = 1_767_225_600_000;
const EXAMPLE_MESSAGE = signInMessage({
  domain: '127.0.0.1:8080',
  address: EXAMPLE_ADDRESS,
  statement: 'Sign in to Touchline. This costs nothing and moves no funds.',
  uri: 'http://127.0.0.1:8080',
  chainId: 1,
  nonce: EXAMPLE_NONCE,
  issuedAtMs: EXAMPLE_MS,
  expiresAtMs: EXAMPLE_MS + 5 * 60_000,
});

export const verifyRequestSchema = z
  .strictObject({
    message: z
      .string()
      .min(1)
      .max(SIGN_IN_MESSAGE_LENGTH_MAX)
      .meta({
        description: 'The EIP-4361 message exactly as signed: lines with a line feed between them.',
        examples: [EXAMPLE_MESSAGE],
      }),
    signature: z
      .string()
      .regex(/^0x(?:[0-9a-fA-F]{2}){65,1024}$/)
      .meta({
        description:
          'As 0x-prefixed hex: 65 bytes, or more for a wallet that is a contract, if those may sign in.',
        examples: [`0x${'1b'.repeat(65)}`],
      }),
  })
  .meta({ id: 'VerifyRequest' });
export type VerifyRequest = z.infer<typeof verifyRequestSchema>;

export const nonceAnswerSchema = z
  .strictObject({
    nonce: z
      .string()
      .min(8)
      .meta({ examples: [EXAMPLE_NONCE] }),
    expiresAtMs: atMs,
  })
  .meta({ id: 'Nonce' });
export type NonceAnswer = Immutable<z.infer<typeof nonceAnswerSchema>>;

export const verifyAnswerSchema = z
  .strictObject({
    token: z.exactOptional(z.string()).meta({
      description: 'Send it as `Authorization: Bearer …`. Shown once; absent if the session is a cookie.',
    }),
    wallet: address,
    expiresAtMs: atMs,
  })
  .meta({
    id: 'Session',
    examples: [
      {
        token: '71c7656e….Zm9yIHlvdXIgZXllcw',
        wallet: EXAMPLE_ADDRESS.toLowerCase(),
        expiresAtMs: EXAMPLE_MS,
      },
    ],
  });
/** Of a sign-in that asked for no cookie. */
export type VerifyAnswer = Immutable<z.infer<typeof verifyAnswerSchema>> & { readonly token: string };

export const signOutAnswerSchema = z.strictObject({ wallet: address }).meta({ id: 'SignedOut' });

export const accountSchema = z
  .strictObject({
    wallet: address,
    balanceMicros: micros.meta({ description: 'What can be staked now.' }),
    stakedMicros: micros.meta({ description: 'Stakes of open bets.' }),
    openBets: z.int().nonnegative(),
  })
  .meta({ id: 'Account' });

export const selfLimitsAnswerSchema = z
  .strictObject({
    now: selfLimitsRequestSchema.meta({ description: 'What holds now.' }),
    next: z
      .exactOptional(z.strictObject({ ...selfLimitsRequestSchema.shape, fromMs: atMs }))
      .meta({ description: 'What was asked for and is looser: it holds from `fromMs` on.' }),
  })
  .meta({ id: 'SelfLimits' });
