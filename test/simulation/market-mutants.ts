/** Mistakes in the rules of the market and in its books. */
import type { Mutant } from './mutants.ts';

const resolver = (file: string): string => `src/actors/resolver/${file}.ts`;
const domain = (file: string): string => `src/domain/${file}.ts`;

export const MARKET_MUTANTS: readonly Mutant[] = [
  {
    name: 'a waiting bet is acked at once',
    file: resolver('execute-bets'),
    from: '  context.defer(letter);\n  const pending = {',
    to: '  const pending = {',
  },
  {
    name: 'stored answers are not looked up',
    file: resolver('execute-bets'),
    from: 'waiting ?? draftedAnswer(state, body) ?? stored;',
    to: 'waiting ?? draftedAnswer(state, body);',
  },
  {
    name: 'another body under the same key is taken for the same',
    file: resolver('execute-bets'),
    from: 'known && known.fingerprint !== fingerprint',
    to: "known && known.fingerprint === ''",
  },
  {
    name: 'no hold',
    file: resolver('execute-bets'),
    from: 'tick.atMs - state.book.rules.holdMs',
    to: 'tick.atMs',
  },
  {
    name: 'staleness of the feed reversed',
    file: resolver('execute-bets'),
    from: '> book.rules.maxGapMs;',
    to: '< book.rules.maxGapMs;',
  },
  {
    name: 'answers are not stored',
    file: resolver('resolver-state'),
    from: 'answers: [...draft.answers.values()]',
    to: 'answers: []',
  },
  {
    name: 'settlements are not booked',
    file: resolver('apply-ticks'),
    from: 'noteEvent(state, settled);',
    to: '',
  },
  {
    name: 'a restart forgets what columns went through',
    file: domain('open-bets'),
    from: "if (fate.outcome === 'open') column.progress = fate.progress;",
    to: '',
  },
  {
    name: 'a broken ledger goes unnoticed',
    file: domain('market-book'),
    from: 'if (sumMicros !== 0) return',
    to: 'if (sumMicros === -1) return',
  },
  {
    name: 'every sign-in brings a grant',
    file: resolver('resolver-actor'),
    from: 'if (!book.account(wallet)) {',
    to: 'if (wallet) {',
  },
  {
    name: 'the lock includes its first instant',
    file: domain('rules'),
    from: 'opensAtMs - atMs < rules.lockMs;',
    to: 'opensAtMs - atMs <= rules.lockMs;',
  },
  {
    name: 'the lock comes a tick late',
    file: domain('rules'),
    from: 'opensAtMs - atMs < rules.lockMs;',
    to: 'opensAtMs - atMs < rules.lockMs - 100;',
  },
  {
    name: 'lost at the last instant of the window',
    file: domain('settlement'),
    from: 'tick.atMs > cell.closesAtMs',
    to: 'tick.atMs >= cell.closesAtMs',
  },
  {
    name: 'a gap does not void',
    file: domain('settlement'),
    from: 'prevTick === undefined || tick.atMs - prevTick.atMs > rules.maxGapMs;',
    to: 'prevTick === undefined;',
  },
  {
    name: 'degraded time does not void',
    file: domain('settlement'),
    from: 'if (degradedMs > degradedMsMax)',
    to: 'if (degradedMs > 1e9)',
  },
  {
    name: 'only the tick counts, not the way to it',
    file: domain('settlement'),
    from: 'segmentMeetsCell(isGap ? tick : prevTick, tick, cell)',
    to: 'segmentMeetsCell(tick, tick, cell)',
  },
  {
    name: 'the border of a cell is outside',
    file: domain('tick-path'),
    from: 'top < cell.lowCents || bottom > cell.highCents',
    to: 'top <= cell.lowCents || bottom >= cell.highCents',
  },
  {
    name: 'a bet that was won stays open',
    file: domain('open-bets'),
    from: 'rows.delete(open.cell.lowCents);',
    to: '',
  },
  {
    name: 'payouts with fractions',
    file: domain('units'),
    from: 'mulDivFloor(stake, multiplier, HUNDREDTHS_PER_ONE) as Micros;',
    to: '((stake * multiplier) / HUNDREDTHS_PER_ONE) as Micros;',
  },
  {
    name: 'the house reserves nothing',
    file: domain('ledger'),
    from: "{ code: 'reserve', from: HOUSE, to: ESCROW, amountMicros: reserveMicros(event.bet), ref },",
    to: '',
  },
  {
    name: 'a void keeps the stake',
    file: domain('ledger'),
    from: "{ code: 'refund', from: ESCROW, to: wallet, amountMicros: stakeMicros, ref },",
    to: "{ code: 'refund', from: ESCROW, to: HOUSE, amountMicros: stakeMicros, ref },",
  },
  {
    name: 'the balance is not looked at',
    file: domain('place-bet'),
    from: 'book.balances.of(walletAccount(command.wallet)) < stakeMicros',
    to: 'stakeMicros < 0',
  },
  {
    name: 'the limit of a cell is not looked at',
    file: domain('place-bet'),
    from: "return refuse('CELL_CAP');",
    to: 'return undefined;',
  },
  {
    name: 'the least multiplier is not looked at',
    file: domain('place-bet'),
    from: 'quote.multiplier < command.minMultiplier',
    to: 'quote.multiplier < 0',
  },
  {
    name: 'staleness of the feed by the wall clock of the host',
    file: resolver('execute-bets'),
    from: 'const { book, pending } = state;\n  const nowMs = context.clock.nowMs();',
    to: 'const { book, pending } = state;\n  const nowMs = Date.now();',
  },
  {
    name: 'a late bet is executed all the same',
    file: domain('place-bet'),
    from: "if (tick.atMs - receivedAtMs > rules.maxExecutionDelayMs) return refuse('EXECUTION_TOO_LATE');",
    to: '',
  },
  {
    name: 'a degraded feed takes bets on the next columns',
    file: domain('place-bet'),
    from: 'opensInMs < NEAR_LOCKS * rules.lockMs',
    to: 'opensInMs < 0',
  },
  {
    name: 'a wallet bets twice on a cell',
    file: domain('place-bet'),
    from: "if (exposure.holds(command.wallet, cell)) return refuse('DUPLICATE_CELL');",
    to: '',
  },
  {
    name: 'the limit of a bet is not looked at',
    file: domain('place-bet'),
    from: "if (exceeds(rules.caps.bet, 0)) return refuse('USER_CAP', { cap: 'bet' });",
    to: '',
  },
  {
    name: 'the limit of a wallet is not looked at',
    file: domain('place-bet'),
    from: "return refuse('USER_CAP', { cap: 'walletOpen' });",
    to: 'void 0;',
  },
  {
    name: 'the limit of a column is not looked at',
    file: domain('place-bet'),
    from: "return refuse('COLUMN_CAP');",
    to: 'void 0;',
  },
  {
    name: 'the limit of the house is not looked at',
    file: domain('place-bet'),
    from: "if (exceeds(rules.caps.total, exposure.totalMicros)) return refuse('HOUSE_CAP');",
    to: '',
  },
  {
    name: 'the house puts up what it does not have',
    file: domain('place-bet'),
    from: "if (book.balances.of(HOUSE) < ownMicros) return refuse('HOUSE_CAP');",
    to: '',
  },
  {
    name: 'stakes have no limits',
    file: domain('place-bet'),
    from: 'if (stakeMicros < minStakeMicros || stakeMicros > maxStakeMicros) {',
    to: 'if (stakeMicros < 0) {',
  },
  {
    name: 'a tick is applied twice',
    file: resolver('apply-ticks'),
    from: 'if (tick.seq === state.book.lastSeq + 1) applyTick',
    to: 'if (tick.seq <= state.book.lastSeq + 1) applyTick',
  },
  {
    name: 'holes between ticks are ignored',
    file: resolver('apply-ticks'),
    from: `if (tick.seq > state.book.lastSeq + 1) await fillHole(state, tick.seq, context);
    if (tick.seq === state.book.lastSeq + 1) applyTick`,
    to: 'if (tick.seq > state.book.lastSeq) applyTick',
  },
  {
    name: 'the cursor runs ahead of what was applied',
    file: resolver('resolver-state'),
    from: 'told, cursorSeq });',
    to: 'told, cursorSeq: cursorSeq + 3 });',
  },
  {
    name: 'a bet is booked without its money',
    file: resolver('sqlite-ledger-store'),
    from: 'changes.set(transfer.to, (changes.get(transfer.to) ?? 0) + transfer.amountMicros);',
    to: '',
  },
];
