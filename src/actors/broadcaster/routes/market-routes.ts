/** The market as anybody may see it: the newest price, the grid, how the odds did, the sums of the ledger. */
import {
  calibrationAnswerSchema,
  gridSchema,
  indexTickSchema,
  ledgerAnswerSchema,
  type StatusAnswer,
  statusAnswerSchema,
  timeAnswerSchema,
} from '../../../protocol/api/market-answers.ts';
import { done } from '../../../protocol/errors.ts';
import { RESOLVER } from '../../../protocol/letters/resolver.ts';
import type { HttpRequest } from '../client-server.ts';
import { signInFor } from '../front-door/sign-in-origin.ts';
import { outcomeOf } from '../http-answer.ts';
import { type RoutePorts, refuseWith, route } from './route.ts';

const READ_DEADLINE_MS = 3_000;

export const getTime = route({
  method: 'GET',
  path: '/v1/time',
  tag: 'market',
  summary: 'The clock of the server',
  auth: 'none',
  answer: timeAnswerSchema,
  errors: [],
  handle: (_input, { context }) => done({ serverTimeMs: context.clock.nowMs() }),
});

export const getStatus = route({
  method: 'GET',
  path: '/v1/status',
  tag: 'market',
  summary: 'How the market stands, its limits, and what a sign-in must say',
  auth: 'none',
  answer: statusAnswerSchema,
  errors: [],
  handle: ({ request }, ports) => done(statusOf(ports, request.headers)),
});

export const getPrice = route({
  method: 'GET',
  path: '/v1/price',
  tag: 'market',
  summary: 'The newest tick',
  auth: 'none',
  answer: indexTickSchema,
  errors: ['NO_PRICE'],
  handle: (_input, { market }) => (market.tick ? done(market.tick) : refuseWith('NO_PRICE')),
});

export const getGrid = route({
  method: 'GET',
  path: '/v1/grid',
  tag: 'market',
  summary: 'The touch cells on offer, with their multipliers',
  description: 'As of the newest tick. A grid is shown, never honoured: bets are priced when they execute.',
  auth: 'none',
  answer: gridSchema,
  revalidates: true,
  shares: true,
  errors: ['NO_PRICE'],
  handle: async (_input, { market, grids }) => {
    const { tick, state } = market;
    return tick && state ? done(await grids.view(tick, state)) : refuseWith('NO_PRICE');
  },
});

export const getCalibration = route({
  method: 'GET',
  path: '/v1/calibration',
  tag: 'market',
  summary: 'What was quoted against what came true',
  auth: 'none',
  answer: calibrationAnswerSchema,
  asks: true,
  revalidates: true,
  shares: true,
  errors: [],
  handle: (_input, { calibration }) => calibration.report(),
});

export const getLedger = route({
  method: 'GET',
  path: '/v1/ledger',
  tag: 'market',
  summary: 'Sums and counts over all accounts',
  description: 'That they add up is everybody’s business; whose they are is not.',
  auth: 'none',
  answer: ledgerAnswerSchema,
  asks: true,
  errors: [],
  handle: async (_input, { context }) => {
    const letter = { type: 'GetLedgerSummary', body: {} } as const;
    return outcomeOf(await context.ask(RESOLVER, letter, { deadlineMs: READ_DEADLINE_MS }));
  },
});

function statusOf(
  { context, settings, market, proofs }: RoutePorts,
  headers: HttpRequest['headers'],
): StatusAnswer {
  const { rules, betsPerMinute } = settings;
  const { lockMs, holdMs, horizonMs, maxGapMs } = rules;
  return {
    feed: market.feed(context.clock.nowMs()),
    // Without word from the Resolver nobody can place a bet.
    paused: market.state?.paused ?? true,
    ...(market.state?.pauseReason && { pauseReason: market.state.pauseReason }),
    rulesVersion: rules.rulesVersion,
    proof: proofs.signers,
    signIn: signInFor(headers, settings),
    limits: {
      minStakeMicros: String(rules.minStakeMicros),
      maxStakeMicros: String(rules.maxStakeMicros),
      lockMs,
      holdMs,
      horizonMs,
      betsPerMinute,
      maxGapMs,
    },
  };
}
