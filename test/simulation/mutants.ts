/**
 * Planted mistakes, each of a kind that was once made somewhere: the simulation is worth what it catches.
 * `from` must be in the file exactly once.
 */
export interface Mutant {
  readonly name: string;
  /** Path in the project. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const resolver = (file: string): string => `src/actors/resolver/${file}.ts`;
const domain = (file: string): string => `src/domain/${file}.ts`;
const guard = (file: string): string => `src/actors/session-guard/${file}.ts`;
const broadcaster = (file: string): string => `src/actors/broadcaster/${file}.ts`;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'answers leave before the commit',
    file: 'src/runtime/turn-queue.ts',
    from: 'if (this.#inTurn) this.#outgoing.push(leave);',
    to: 'if (this.#waiting < 0) this.#outgoing.push(leave);',
  },
  {
    name: 'letters are acked before their turn',
    file: 'src/runtime/actor-host.ts',
    from: 'await this.#traces.run(letters,',
    to: 'await mailbox.ack(deliveries.map((d) => d.deliveryId)); await this.#traces.run(letters,',
  },
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
    name: 'ticks after a hole are taken',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'if (tick.seq > lastSeq + 1)',
    to: 'if (tick.seq > lastSeq + 1e9)',
  },
  {
    name: 'ticks whose time goes back are taken',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'tick.atMs <= last.atMs) return',
    to: 'tick.atMs <= 0) return',
  },
  {
    name: 'a feed of an older epoch may write',
    file: 'src/actors/history-writer/tick-intake.ts',
    from: 'if (epoch < head.epoch)',
    to: 'if (epoch < 0)',
  },
  {
    name: 'ticks are not sent again',
    file: 'src/actors/price-feed/price-feed-actor.ts',
    from: '  resend(feed, context);\n  context.metrics.gauge',
    to: '  context.metrics.gauge',
  },
  {
    name: 'a nonce is read, not taken',
    file: guard('memory-session-store'),
    from: 'this.#map.take(nonceKey(nonce))',
    to: 'this.#map.get(nonceKey(nonce))',
  },
  {
    name: 'a session outlives its sign-out',
    file: guard('memory-session-store'),
    from: 'this.#map.delete(key);',
    to: '',
  },
  {
    name: 'anybody signs anybody out',
    file: guard('memory-session-store'),
    from: '?.tokenHash !== tokenHash) return false;',
    to: '?.wallet !== wallet) return false;',
  },
  {
    name: 'any secret opens a session',
    file: broadcaster('sessions/memory-session-gate'),
    from: 'session?.tokenHash !== tokenHash(String(token))',
    to: 'session?.wallet !== wallet',
  },
  {
    name: 'a message for another site signs in',
    file: guard('sign-in-policy'),
    from: "if (origin === undefined) return 'DOMAIN';",
    to: 'if (origin === undefined) return undefined;',
  },
  {
    name: 'what a slow reader misses leaves a hole in n',
    file: broadcaster('socket-sender'),
    from: 'this.#skipped.add(push.channel);',
    to: 'this.#n += 1;',
  },
  {
    name: 'everybody hears of every wallet',
    file: broadcaster('fan-out'),
    from: 'const sessions = this.#byWallet.get(event.wallet);',
    to: 'const sessions = new Set(this.#sessions.values());',
  },
  {
    name: 'old ticks are pushed again',
    file: broadcaster('market-view'),
    from: 'tick.atMs <= this.#tick.atMs) return false;',
    to: 'tick.atMs <= 0) return false;',
  },
];
