/**
 * What must never happen, checked against the committed truth with code that shares none with the product:
 * at every commit the money adds up; every tick follows the one before; every settled bet is what the naive
 * oracle says; whatever a client was told is in the books.
 */
import type { TickLog } from '../../src/actors/history-writer/tick-log.ts';
import { type CheckedBet, checkOutcome } from '../../src/client/outcome-check.ts';
import type { MarketRules } from '../../src/domain/rules.ts';
import type { IndexTick } from '../../src/domain/tick.ts';
import type { SqliteDatabase } from '../../src/runtime/index.ts';
import type { Trace } from './trace.ts';

export interface BetRow extends CheckedBet {
  readonly id: string;
  readonly wallet: string;
  readonly stake: number;
  readonly multiplier: number;
  readonly payout: number;
  readonly receivedAtMs: number;
  readonly acceptedSeq: number;
  readonly acceptedAtMs: number;
  readonly acceptedPriceCents: number;
  readonly status: 'open' | 'won' | 'lost' | 'void';
  readonly reason: string | null;
  readonly settledSeq: number | null;
  readonly nearCents: number | null;
  readonly nearAtMs: number | null;
  readonly nearSeq: number | null;
  /** The settled cell it is in; null if it is open, or was settled alone. */
  readonly cellSeq: number | null;
}

const BET_COLUMNS = `id, wallet, kind, opens_at_ms AS opensAtMs, closes_at_ms AS closesAtMs, low_cents AS
  lowCents, high_cents AS highCents, stake_micros AS stake, multiplier_hundredths AS
  multiplier, payout_micros AS payout, received_at_ms AS receivedAtMs, accepted_seq AS
  acceptedSeq, accepted_at_ms AS acceptedAtMs, accepted_price_cents AS
  acceptedPriceCents, status, reason, settled_seq AS settledSeq, near_cents AS nearCents,
  near_at_ms AS nearAtMs, near_seq AS nearSeq, cell_seq AS cellSeq`;

/** No honest source ever gives it. */
export const ROGUE_PRICE_CENTS = 123_457;

const VIOLATIONS_MAX = 20;

interface JudgeParts {
  readonly ledger: SqliteDatabase;
  readonly tickLog: TickLog;
  readonly rules: MarketRules;
  readonly trace: Trace;
  readonly nowMs: () => number;
  readonly reached: (goal: string) => void;
}

type Account = { readonly name: string; readonly balance: number };
type TransferRow = {
  readonly ref: string;
  readonly cellSeq: number | null;
  readonly code: string;
  readonly f: string;
  readonly t: string;
  readonly a: number;
};

export class Judge {
  readonly violations: string[] = [];
  /** The running Resolver was given books that do not add up. */
  isMisread = false;
  readonly ticks: IndexTick[] = [];
  readonly #parts: JudgeParts;
  readonly #statements: ReturnType<typeof prepare>;
  /** How old the tick before was when the next one was recorded. */
  readonly #staleMs: number[] = [];
  readonly #accepted = new Set<string>();
  readonly #settled = new Set<string>();

  constructor(parts: JudgeParts) {
    this.#parts = parts;
    this.#statements = prepare(parts.ledger);
  }

  violation(text: string): void {
    this.#parts.trace.line(`VIOLATION ${text}`);
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(text);
  }

  expect(holds: boolean, text: string): void {
    if (!holds) this.violation(text);
  }

  get head(): IndexTick | undefined {
    return this.ticks.at(-1);
  }

  /** How old the log's newest tick ever was since this one. */
  staleMsSince(seq: number, nowMs: number): number {
    return Math.max(nowMs - (this.head?.atMs ?? 0), ...this.#staleMs.slice(seq));
  }

  bet(id: string): BetRow | undefined {
    return this.#statements.bet.get(id);
  }

  betsOf(wallet: string): BetRow[] {
    return this.#statements.betsOf.all(wallet);
  }

  openBets(): BetRow[] {
    return this.#statements.openBets.all();
  }

  balanceOf(wallet: string): number | undefined {
    return this.#statements.balance.get(`wallet:${wallet}`)?.balance;
  }

  hasAnswer(wallet: string, key: string): boolean {
    return this.#statements.answer.get(wallet, key) !== undefined;
  }

  /** Every new tick follows the one before it in number and in time. */
  ticksCommitted(): void {
    for (const tick of this.#parts.tickLog.after(this.head?.seq ?? 0, 10_000)) {
      const before = this.head;
      this.expect(tick.seq === (before?.seq ?? 0) + 1, `tick ${tick.seq} follows ${before?.seq}`);
      this.expect(tick.atMs > (before?.atMs ?? 0), `tick ${tick.seq} is not later than the one before`);
      this.expect(tick.atMs % this.#parts.rules.tickMs === 0, `tick ${tick.seq} is off the raster`);
      this.expect(tick.priceCents !== ROGUE_PRICE_CENTS, `tick ${tick.seq} came from nowhere`);
      this.ticks.push(tick);
      this.#staleMs.push(this.#parts.nowMs() - (before?.atMs ?? 0));
    }
  }

  /** After every commit of the ledger. */
  ledgerCommitted(): void {
    const accounts = this.#statements.accounts.all();
    const open = this.openBets();
    this.#checkMoney(accounts, open);
    this.#checkCaps(open);
    for (const bet of open) {
      if (this.#accepted.has(bet.id)) continue;
      this.#checkAcceptance(bet);
      this.expect(!this.isMisread, `${bet.id} was taken on books that do not add up`);
    }
    for (const bet of this.#statements.newlySettled.all()) this.#checkOutcome(bet);
    const { voided = 0, said = 0 } = this.#statements.operatorVoids.get() ?? {};
    this.expect(voided === said, `operators say they voided ${said} bets, the books have ${voided}`);
  }

  /** The whole of the books: each balance is its transfers, each bet staked once and closed once. */
  audit(): void {
    const moved = new Map<string, number>();
    const byRef = new Map<string, TransferRow[]>();
    for (const row of this.#statements.transfers.all()) {
      moved.set(row.f, (moved.get(row.f) ?? 0) - row.a);
      moved.set(row.t, (moved.get(row.t) ?? 0) + row.a);
      const isOfCell = row.cellSeq !== null && row.t === 'house';
      const ref = isOfCell ? `cell ${row.cellSeq}` : row.ref;
      byRef.set(ref, [...(byRef.get(ref) ?? []), row]);
    }
    for (const { name, balance } of this.#statements.accounts.all())
      this.expect(balance === (moved.get(name) ?? 0), `${name}: ${balance}, transfers ${moved.get(name)}`);
    const bets = this.#statements.allBets.all();
    this.#checkMinutes(bets);
    for (const bet of bets) {
      if (!this.#accepted.has(bet.id)) this.#checkAcceptance(bet);
      if (bet.status !== 'open') this.#checkOutcome(bet);
      const codes = (byRef.get(bet.id) ?? [])
        .map(({ code }) => code)
        .sort()
        .join(' ');
      const isEven = bet.payout === bet.stake;
      const isAlone = bet.cellSeq === null;
      const wanted = {
        open: ['stake', 'reserve'],
        won: ['stake', 'reserve', 'payout'],
        lost: ['stake', 'reserve', ...(isAlone ? ['forfeit'] : [])],
        void: ['stake', 'reserve', 'refund', ...(isAlone ? ['release'] : [])],
      }[bet.status].filter((code) => !isEven || (code !== 'reserve' && code !== 'release'));
      this.expect(codes === wanted.sort().join(' '), `${bet.id} (${bet.status}) has transfers ${codes}`);
      for (const { code, f, t, a } of byRef.get(bet.id) ?? []) this.#checkTransfer(bet, code, f, t, a);
    }
    this.#checkShares(bets, byRef);
  }

  /** What is left of the bets of a cell goes to the house, once and by the way its outcome has. */
  #checkShares(bets: readonly BetRow[], byRef: ReadonlyMap<string, readonly TransferRow[]>): void {
    const due = new Map<number, { code: string; sum: number }>();
    for (const { cellSeq, status, payout, stake } of bets) {
      if (cellSeq === null || status === 'won') continue;
      const share = due.get(cellSeq) ?? { code: status === 'lost' ? 'forfeit' : 'release', sum: 0 };
      share.sum += status === 'lost' ? payout : payout - stake;
      due.set(cellSeq, share);
    }
    for (const [cellSeq, { code, sum }] of due) {
      const is = (byRef.get(`cell ${cellSeq}`) ?? []).map((row) => `${row.code} ${row.f} ${row.a}`).join();
      const wanted = sum > 0 ? `${code} escrow ${sum}` : '';
      this.expect(is === wanted, `settled cell ${cellSeq}: the house got ${is}, should be ${wanted}`);
    }
  }

  #checkTransfer(bet: BetRow, code: string, from: string, to: string, amount: number): void {
    const wallet = `wallet:${bet.wallet}`;
    const reserve = bet.payout - bet.stake;
    const wanted: Record<string, readonly [string, string, number]> = {
      stake: [wallet, 'escrow', bet.stake],
      reserve: ['house', 'escrow', reserve],
      payout: ['escrow', wallet, bet.payout],
      forfeit: ['escrow', 'house', bet.payout],
      refund: ['escrow', wallet, bet.stake],
      release: ['escrow', 'house', reserve],
    };
    const is = `${from} ${to} ${amount}`;
    this.expect(wanted[code]?.join(' ') === is, `${bet.id}: ${code} moved ${is}`);
  }

  #checkMoney(accounts: readonly Account[], open: readonly BetRow[]): void {
    let sum = 0;
    for (const { name, balance } of accounts) {
      sum += balance;
      this.expect(Number.isSafeInteger(balance), `${name} holds ${balance}`);
      this.expect(balance >= 0 || name === 'issuance', `${name} is negative: ${balance}`);
    }
    this.expect(sum === 0, `the ledger sums to ${sum}`);
    const payouts = open.reduce((total, { payout }) => total + payout, 0);
    const escrow = accounts.find(({ name }) => name === 'escrow')?.balance;
    this.expect(escrow === payouts, `escrow holds ${escrow}, open bets may be paid ${payouts}`);
  }

  /** What the house may lose at once, per bet, wallet, cell, column and in all. */
  #checkCaps(open: readonly BetRow[]): void {
    const { caps, houseBankrollMicros } = this.#parts.rules;
    const sums = new Map<string, number>();
    const add = (key: string, amount: number): void => void sums.set(key, (sums.get(key) ?? 0) + amount);
    for (const bet of open) {
      const reserve = bet.payout - bet.stake;
      const column = `${bet.opensAtMs}-${bet.closesAtMs}`;
      add(`bet ${bet.id}`, reserve);
      add(`walletOpen ${bet.wallet}`, reserve);
      add(`cell ${column} ${bet.kind} ${bet.lowCents}-${bet.highCents}`, reserve);
      add(`column ${column}`, reserve);
      add('total', reserve);
    }
    for (const [key, sum] of sums) {
      const cap = caps[(key.split(' ')[0] ?? '') as keyof typeof caps] * houseBankrollMicros;
      this.expect(sum <= cap, `${key} is exposed ${sum}, more than ${cap}`);
    }
  }

  /** What was put up within any minute, by wallet and in all; bets in the order of acceptance. */
  #checkMinutes(bets: readonly BetRow[]): void {
    const { caps, houseBankrollMicros } = this.#parts.rules;
    bets.forEach((last, i) => {
      const minute = bets
        .slice(0, i + 1)
        .filter(({ acceptedAtMs }) => acceptedAtMs > last.acceptedAtMs - 60_000);
      const sum = (of: readonly BetRow[]): number => of.reduce((all, bet) => all + bet.payout - bet.stake, 0);
      const ofWallet = sum(minute.filter(({ wallet }) => wallet === last.wallet));
      const isTooMuch =
        sum(minute) > caps.minute * houseBankrollMicros || ofWallet > caps.walletMinute * houseBankrollMicros;
      this.expect(!isTooMuch, `${last.id} takes its minute to ${sum(minute)}, its wallet's to ${ofWallet}`);
    });
  }

  #checkAcceptance(bet: BetRow): void {
    this.#accepted.add(bet.id);
    const { rules } = this.#parts;
    const tick = this.ticks[bet.acceptedSeq - 1];
    const { id, acceptedAtMs, receivedAtMs } = bet;
    this.expect(
      tick?.atMs === acceptedAtMs && tick.priceCents === bet.acceptedPriceCents,
      `${id} was executed at a tick that is not in the log`,
    );
    this.expect(bet.opensAtMs - acceptedAtMs >= rules.lockMs, `${id} was taken in a locked column`);
    const isNear = bet.opensAtMs - acceptedAtMs < rules.nearLocks * rules.lockMs;
    this.expect(!isNear || tick?.quality !== 'degraded', `${id} was taken on a degraded feed, and is near`);
    this.expect(bet.opensAtMs - acceptedAtMs <= rules.horizonMs, `${id} was taken beyond the horizon`);
    this.expect(acceptedAtMs >= receivedAtMs + rules.holdMs, `${id} was not held`);
    const delayMs = acceptedAtMs - receivedAtMs;
    this.expect(delayMs <= rules.maxExecutionDelayMs, `${id} was executed ${delayMs} ms after receipt`);
    const { minStakeMicros, maxStakeMicros } = rules;
    this.expect(bet.stake >= minStakeMicros && bet.stake <= maxStakeMicros, `${id} stakes ${bet.stake}`);
    const payout = (BigInt(bet.stake) * BigInt(bet.multiplier)) / 100n;
    this.expect(BigInt(bet.payout) === payout, `${id} pays ${bet.payout}, terms say ${payout}`);
  }

  /** Once for each bet; a settled bet never changes again, which its trigger sees to. */
  #checkOutcome(bet: BetRow): void {
    if (this.#settled.has(bet.id)) return;
    this.#settled.add(bet.id);
    this.#parts.trace.line(`settled ${bet.id.slice(-10)} ${bet.status} at ${bet.settledSeq}`);
    this.#parts.reached(bet.status === 'void' ? `void ${bet.reason}` : `bet ${bet.status}`);
    this.#parts.reached(`${bet.kind} ${bet.status}`);
    const { maxGapMs } = this.#parts.rules;
    let from = bet.acceptedSeq - 1;
    while ((this.ticks[from + 1]?.atMs ?? Number.POSITIVE_INFINITY) <= bet.opensAtMs) from += 1;
    let to = from;
    while ((this.ticks[to]?.atMs ?? Number.POSITIVE_INFINITY) <= bet.closesAtMs) to += 1;
    const checked = checkOutcome(bet, this.ticks.slice(from, to + 1), { maxGapMs });
    const { outcome, seq, reason = null, nearMiss } = checked;
    const near = nearMiss && `${nearMiss.cents} ${nearMiss.atMs} ${nearMiss.seq}`;
    const toldNear = bet.nearCents === null ? undefined : `${bet.nearCents} ${bet.nearAtMs} ${bet.nearSeq}`;
    const told = `${bet.status} ${bet.reason} at ${bet.settledSeq}, nearest ${toldNear}`;
    const due = `${outcome} ${reason} at ${seq}, nearest ${near}`;
    // What an operator voided is on no tick; the ledger has who did it.
    if (bet.reason === 'OPERATOR') return;
    this.expect(told === due, `${bet.id} was settled ${told}, the ticks say ${due}`);
  }
}

function prepare(db: SqliteDatabase) {
  return {
    accounts: db.prepare<[], Account>('SELECT name, balance_micros AS balance FROM accounts'),
    balance: db.prepare<[string], { balance: number }>(
      'SELECT balance_micros AS balance FROM accounts WHERE name = ?',
    ),
    transfers: db.prepare<[], TransferRow>(
      `SELECT ref, cell_seq AS cellSeq, code, from_account AS f, to_account AS t, amount_micros AS a
       FROM booked_transfers`,
    ),
    bet: db.prepare<[string], BetRow>(`SELECT ${BET_COLUMNS} FROM bets WHERE id = ?`),
    allBets: db.prepare<[], BetRow>(`SELECT ${BET_COLUMNS} FROM bets ORDER BY seq`),
    betsOf: db.prepare<[string], BetRow>(
      `SELECT ${BET_COLUMNS} FROM bets WHERE wallet = ? ORDER BY seq DESC`,
    ),
    openBets: db.prepare<[], BetRow>(`SELECT ${BET_COLUMNS} FROM bets WHERE status = 'open'`),
    newlySettled: db.prepare<[], BetRow>(
      `SELECT ${BET_COLUMNS} FROM bets
       WHERE status <> 'open' AND settled_seq > (SELECT tick_seq FROM cursor) - 30`,
    ),
    operatorVoids: db.prepare<[], { voided: number; said: number }>(
      `SELECT (SELECT count(*) FROM settlements WHERE reason = 'OPERATOR') AS voided,
              (SELECT coalesce(sum(bets), 0) FROM operator_actions) AS said`,
    ),
    answer: db.prepare<[string, string], { answer: string }>(
      'SELECT answer FROM requests WHERE wallet = ? AND idempotency_key = ?',
    ),
  };
}
