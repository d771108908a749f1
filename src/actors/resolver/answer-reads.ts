/** Letters that only read. Answered after the turn's commit, so they see all that came before them. */
import { formatMicros } from '../../domain/units.ts';
import { betView } from '../../protocol/bet-view.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type {
  BetPage,
  LedgerSummary,
  ListBets,
  ResolverRead,
  ResolverReplies,
} from '../../protocol/letters/resolver.ts';
import { BETS_PER_PAGE_MAX } from '../../protocol/limits.ts';
import type { ActorContext } from '../../runtime/index.ts';
import { accountView, marketState } from './bet-views.ts';
import { calibrationReport } from './calibration-report.ts';
import { operations } from './operate-market.ts';
import { limitsLeft, quoteCells } from './quote-cells.ts';
import type { ResolverState } from './resolver-state.ts';
import { getSelfLimits } from './set-self-limits.ts';

export async function answerRead(
  state: ResolverState,
  letter: Received<ResolverRead>,
  context: ActorContext,
): Promise<ResolverReplies[ResolverRead['type']]> {
  switch (letter.type) {
    case 'GetAccount':
      return found(accountView(state.book, letter.body.wallet));
    case 'GetBet': {
      const record = await state.ports.store.findBet(letter.body.wallet, letter.body.betId);
      return found(record && betView(record.bet, record.verdict));
    }
    case 'ListBets':
      return done(await listBets(state, letter.body));
    case 'GetMarket': {
      const market = marketState(state.book, state.pauseReason);
      return market ? done(market) : refused('NO_PRICE');
    }
    case 'GetCalibration':
      return done(calibrationReport(state.book));
    case 'GetLedgerSummary':
      return done(await ledgerSummary(state));
    case 'GetSelfLimits':
      return getSelfLimits(state, letter, context);
    case 'QuoteCells':
      return quoteCells(state, letter, context);
    case 'GetLimits':
      return limitsLeft(state, letter, context);
    case 'GetOperations':
      return done(await operations(state, letter.body.limit));
    default:
      return letter satisfies never;
  }
}

const found = <T>(value: T | undefined): Outcome<T> =>
  value === undefined ? refused('NOT_FOUND') : done(value);

/** Reads one more than asked for, to know whether there is a next page. */
async function listBets(state: ResolverState, body: ListBets['body']): Promise<BetPage> {
  const limit = Math.max(1, Math.min(body.limit, BETS_PER_PAGE_MAX));
  const records = await state.ports.store.listBets({ ...body, limit: limit + 1 });
  const bets = records.slice(0, limit).map(({ bet, verdict }) => betView(bet, verdict));
  const last = bets.at(-1);
  return records.length > limit && last ? { bets, nextBeforeId: last.id } : { bets };
}

/** From the durable ledger, not from memory: it is what an operator wants to compare. */
async function ledgerSummary(state: ResolverState): Promise<LedgerSummary> {
  const { sumMicros, houseMicros, escrowMicros, wallets, bets } = await state.ports.store.totals();
  return {
    sumMicros: String(sumMicros),
    houseMicros: formatMicros(houseMicros),
    escrowMicros: formatMicros(escrowMicros),
    accounts: wallets,
    bets,
  };
}
