/** Letters that only read. Answered after the turn's commit, so they see all that came before them. */
import { formatMicros } from '../../domain/units.ts';
import type { Received } from '../../protocol/envelope.ts';
import { done, type Outcome, refused } from '../../protocol/errors.ts';
import type {
  BetPage,
  GetAccount,
  GetBet,
  GetLedgerSummary,
  GetMarket,
  LedgerSummary,
  ListBets,
  ResolverReplies,
} from '../../protocol/letters/resolver.ts';
import { BETS_PER_PAGE_MAX } from '../../protocol/limits.ts';
import { accountView, betView, marketState } from './bet-views.ts';
import type { ResolverState } from './resolver-state.ts';

export type ReadLetter = GetAccount | GetBet | ListBets | GetMarket | GetLedgerSummary;

export async function answerRead(
  state: ResolverState,
  letter: Received<ReadLetter>,
): Promise<ResolverReplies[ReadLetter['type']]> {
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
      const market = marketState(state.book, state.market);
      return market ? done(market) : refused('NO_PRICE');
    }
    case 'GetLedgerSummary':
      return done(await ledgerSummary(state));
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
