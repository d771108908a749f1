/** What a bet would get, and what bounds it. With a session, the wallet's own caps and limits count too. */

import { capMicrosFloor } from '../../../domain/rules.ts';
import { type LimitsAnswer, limitsAnswerSchema } from '../../../protocol/api/limits-answers.ts';
import { quotesAnswerSchema, quotesRequestSchema } from '../../../protocol/api/quote-answers.ts';
import { done } from '../../../protocol/errors.ts';
import {
  BETS_PER_BATCH_MAX,
  BETS_PER_PAGE_MAX,
  BODY_BYTES_MAX,
  CELLS_PER_QUOTE_MAX,
  FRAME_BYTES_MAX,
  IDEMPOTENCY_KEY_LENGTH_MAX,
} from '../../../protocol/limits.ts';
import type { BroadcasterSettings } from '../broadcaster-settings.ts';
import { COSTS } from '../front-door/request-limits.ts';
import { route } from './route.ts';

export const postQuotes = route({
  method: 'POST',
  path: '/v1/quotes',
  tag: 'bets',
  summary: 'What bets would get',
  description:
    'A dry run of placing, as of the last tick: nothing is placed, reserved or promised. A cell that ' +
    'takes no bet has the error that placing would have, in its place; one that has a price comes with ' +
    'the parts of the edge, what is left of each cap and the largest stake. Works without a session; ' +
    'with one, the ' +
    "wallet's balance, caps and own limits count too.",
  auth: 'optional',
  body: quotesRequestSchema,
  answer: quotesAnswerSchema,
  asks: true,
  errors: ['NO_PRICE'],
  handle: ({ body, session }, { quotes }) => quotes.quote(body, session?.wallet),
});

export const getLimits = route({
  method: 'GET',
  path: '/v1/limits',
  tag: 'account',
  summary: 'Every limit, and what is left of it',
  auth: 'optional',
  answer: limitsAnswerSchema,
  asks: true,
  errors: ['NO_PRICE'],
  handle: async ({ session }, { quotes, settings }) => {
    const left = await quotes.limitsLeft(session?.wallet);
    return left.ok ? done({ ...fixedLimits(settings), left: left.value }) : left;
  },
});

function fixedLimits({ rules, betsPerMinute, limits }: BroadcasterSettings): Omit<LimitsAnswer, 'left'> {
  const { rulesVersion, minStakeMicros, maxStakeMicros, houseBankrollMicros, caps } = rules;
  const cap = (name: keyof typeof caps) => ({
    fraction: caps[name],
    micros: String(capMicrosFloor(houseBankrollMicros, caps[name])),
  });
  return {
    rulesVersion,
    stake: { minMicros: String(minStakeMicros), maxMicros: String(maxStakeMicros) },
    caps: {
      bet: cap('bet'),
      walletOpen: cap('walletOpen'),
      walletMinute: cap('walletMinute'),
      cell: cap('cell'),
      column: cap('column'),
      minute: cap('minute'),
      total: cap('total'),
    },
    times: {
      lockMs: rules.lockMs,
      horizonMs: rules.horizonMs,
      holdMs: rules.holdMs,
      maxExecutionDelayMs: rules.maxExecutionDelayMs,
    },
    rates: {
      betsPerMinute,
      requests: { perSecond: limits.perSecond, burst: limits.burst, costs: COSTS },
      connectionsPerAddress: limits.connectionsPerAddressMax,
      connectionsPerWallet: limits.connectionsPerWalletMax,
    },
    sizes: {
      betsPerBatch: BETS_PER_BATCH_MAX,
      cellsPerQuote: CELLS_PER_QUOTE_MAX,
      betsPerPage: BETS_PER_PAGE_MAX,
      bodyBytes: BODY_BYTES_MAX,
      frameBytes: FRAME_BYTES_MAX,
      idempotencyKeyLength: IDEMPOTENCY_KEY_LENGTH_MAX,
    },
  };
}
