/** Mistakes in the rules of the market and in its books. */
import type { Mutant } from './mutants.ts';

const resolver = (file: string): string => `src/actors/resolver/${file}.ts`;
const domain = (file: string): string => `src/domain/${file}.ts`;

export const MARKET_MUTANTS: readonly Mutant[] = [
  {
    name: 'a waiting bet is acked at once',
    file: resolver('execute-bets'),
    from: '  asked.waitForTheRest(context);',
    to: '',
  },
  {
    name: 'a batch is done when its first bet is',
    file: resolver('bets-asked'),
    from: 'if (this.#unanswered > 0) return;',
    to: 'if (this.#unanswered > 0 && place > 0) return;',
  },
  {
    name: 'stored answers are not looked up',
    file: resolver('execute-bets'),
    from: 'waiting ?? draftedAnswer(state, key) ?? stored.get(key);',
    to: 'waiting ?? draftedAnswer(state, key);',
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
    from: 'commit({ booked, answers, told,',
    to: 'commit({ booked, answers: [], told,',
  },
  {
    name: 'settlements are not booked',
    file: resolver('apply-ticks'),
    from: 'for (const event of settled) noteEvent(state, event);',
    to: '',
  },
  {
    name: 'a restart forgets what columns went through',
    file: domain('open-bets'),
    from: 'advanceWindow(column.progress, column.window, prevTick, tick, column.rules).progress;',
    to: 'column.progress;',
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
    from: 'isOver: tick.atMs > window.closesAtMs',
    to: 'isOver: tick.atMs >= window.closesAtMs',
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
    from: 'isTooDegraded: degradedMs > degradedMsMax',
    to: 'isTooDegraded: degradedMs > 1e9',
  },
  {
    name: 'only the tick counts, not the way to it',
    file: domain('settlement'),
    from: 'segmentMeetsCell(stretchFrom, tick, cell)',
    to: 'segmentMeetsCell(tick, tick, cell)',
  },
  {
    name: 'the border of a cell is outside',
    file: domain('tick-path'),
    from: `top < cell.lowCents) return false;
  if (cell.highCents !== null && bottom > cell.highCents)`,
    to: `top <= cell.lowCents) return false;
  if (cell.highCents !== null && bottom >= cell.highCents)`,
  },
  {
    name: 'a no_touch that was met is settled as a touch',
    file: domain('settlement'),
    from: "outcome: kind === 'touch' ? 'won' : 'lost',",
    to: "outcome: 'won',",
  },
  {
    name: 'a bet that was won stays open',
    file: domain('open-bets'),
    from: 'rows.delete(lowCents);',
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
    from: '  to: walletAccount(wallet),\n  amountMicros: stakeMicros,',
    to: '  to: HOUSE,\n  amountMicros: stakeMicros,',
  },
  {
    name: 'the balance is not looked at',
    file: domain('place-bet'),
    from: 'balances.of(walletAccount(wallet)) < stakeMicros',
    to: 'stakeMicros < 0',
  },
  {
    name: 'the limit of a cell is not looked at',
    file: domain('caps'),
    from: "left(book, 'cell', exposure.cellMicros(cell)),",
    to: '',
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
    from: 'receivedAtMs > book.rules.maxExecutionDelayMs',
    to: 'receivedAtMs > Number.POSITIVE_INFINITY',
  },
  {
    name: 'a degraded feed takes bets on the next columns',
    file: domain('place-bet'),
    from: 'opensInMs < rules.nearLocks * rules.lockMs',
    to: 'opensInMs < 0',
  },
  {
    name: 'a wallet bets twice on a cell',
    file: domain('place-bet'),
    from: "if (exposure.holds(wallet, cell)) return refuse('DUPLICATE_CELL');",
    to: '',
  },
  {
    name: 'the limit of a bet is not looked at',
    file: domain('caps'),
    from: "left(book, 'bet', 0),",
    to: '',
  },
  {
    name: 'the limit of a wallet is not looked at',
    file: domain('caps'),
    from: "left(book, 'walletOpen', exposure.wallet(wallet).reserveMicros),",
    to: '',
  },
  {
    name: 'the low edge of a band is not in it',
    file: domain('settlement'),
    from: 'closeCents >= lowCents',
    to: 'closeCents > lowCents',
  },
  {
    name: 'an open edge is ignored',
    file: domain('settlement'),
    from: '(highCents === null || closeCents < highCents)',
    to: '(closeCents < (highCents ?? 0))',
  },
  {
    name: 'inside is settled by the tick after the close',
    file: domain('settlement'),
    from: 'return priceCentsAt(from, tick, closesAtMs).floor;',
    to: 'return tick.priceCents;',
  },
  {
    name: 'inside waits for a tick after the close',
    file: domain('settlement'),
    from: 'closeCents: tick.atMs < window.closesAtMs ? undefined',
    to: 'closeCents: tick.atMs <= window.closesAtMs ? undefined',
  },
  {
    name: 'no_touch waits for the end though it is lost',
    file: domain('open-bets'),
    from: `for (const open of row) decided.push(decide(column, open, touched(open.cell.kind, tick)));
      rows.delete(lowCents);`,
    to: `for (const open of row)
        if (open.cell.kind === 'touch') decided.push(decide(column, open, touched(open.cell.kind, tick)));
      rows.set(lowCents, row.filter(({ cell }) => cell.kind !== 'touch'));`,
  },
  {
    name: 'a composition jump touches',
    file: domain('settlement'),
    from: 'tick.compositionJump || from.atMs > window.closesAtMs ? undefined',
    to: 'from.atMs > window.closesAtMs ? undefined',
  },
  {
    name: 'a composition jump settles inside',
    file: domain('settlement'),
    from: "if (tick.compositionJump) return 'COMPOSITION_JUMP';",
    to: '',
  },
  {
    name: 'a near miss goes on over a composition jump',
    file: domain('near-miss'),
    from: 'path.isBroken ? path : { runs: path.runs, isBroken: true };',
    to: 'path;',
  },
  {
    name: 'a near miss is rounded the wrong way',
    file: domain('near-miss'),
    from: 'lowest: { priceCents: ceil, atMs, seq }',
    to: 'lowest: { priceCents: floor, atMs, seq }',
  },
  {
    name: 'the limit of a minute is not looked at',
    file: domain('caps'),
    from: "left(book, 'minute', recent.total(atMs)),",
    to: '',
  },
  {
    name: "the limit of a wallet's minute is not looked at",
    file: domain('caps'),
    from: "left(book, 'walletMinute', recent.ofWallet(wallet, atMs)),",
    to: '',
  },
  {
    name: 'a restart forgets the last minute',
    file: resolver('sqlite-ledger-store'),
    from: 'recentReserves: this.#recentReserves(),',
    to: 'recentReserves: [],',
  },
  {
    name: 'the limit of a column is not looked at',
    file: domain('caps'),
    from: "left(book, 'column', exposure.columnMicros(cell)),",
    to: '',
  },
  {
    name: 'the limit of the house is not looked at',
    file: domain('caps'),
    from: "left(book, 'total', exposure.totalMicros),",
    to: '',
  },
  {
    name: 'the house puts up what it does not have',
    file: domain('caps'),
    from: "{ cap: 'bankroll', leftMicros: balances.of(HOUSE) },",
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
    from: 'if (tick.seq === state.book.lastSeq + 1) await applyTick',
    to: 'if (tick.seq <= state.book.lastSeq + 1) await applyTick',
  },
  {
    name: 'holes between ticks are ignored',
    file: resolver('apply-ticks'),
    from: `if (tick.seq > state.book.lastSeq + 1) await fillHole(state, tick.seq, context);
    if (tick.seq === state.book.lastSeq + 1) await applyTick`,
    to: 'if (tick.seq > state.book.lastSeq) await applyTick',
  },
  {
    name: 'the cursor runs ahead of what was applied',
    file: resolver('resolver-state'),
    from: 'limits, cursorSeq, ...',
    to: 'limits, cursorSeq: cursorSeq + 3, ...',
  },
  {
    name: 'a bet is booked without its money',
    file: resolver('event-writer'),
    from: 'this.changes.set(toNo, (this.changes.get(toNo) ?? 0) + amountMicros);',
    to: '',
  },
  {
    name: "a wallet's own limit of the stake is not held",
    file: domain('self-limits'),
    from: 'if (maxStakeMicros !== null && stakeMicros > maxStakeMicros)',
    to: 'if (maxStakeMicros !== null && stakeMicros > 10 * maxStakeMicros)',
  },
  {
    name: 'a new life forgets the limits wallets set for themselves',
    file: resolver('set-self-limits'),
    from: 'state.book.selfLimits.set(wallet, ofWallet, settled);',
    to: '',
  },
];
