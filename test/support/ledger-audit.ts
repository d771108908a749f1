/**
 * Reads the ledger and the tick log with nothing of the product's code (another SQLite binding, sums and the
 * outcome rule written anew) and says what is wrong: the accused is not the judge.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type CheckedBet, checkOutcome, type PriceTick } from '../../src/client/index.ts';

interface BetRow extends CheckedBet {
  readonly seq: number;
  readonly cellSeq: number | null;
  readonly id: string;
  readonly wallet: string;
  readonly stake: number;
  readonly payout: number;
  readonly acceptedSeq: number;
  readonly status: string;
  readonly settledSeq: number | null;
}

export interface LedgerFindings {
  /** Sentences; empty means nothing is wrong. */
  readonly problems: string[];
  readonly bets: readonly BetRow[];
  readonly transfers: number;
}

const MAX_GAP_MS = 2_000;

export function auditLedger(dataDir: string): LedgerFindings {
  const ledger = new DatabaseSync(join(dataDir, 'ledger.sqlite'), { readOnly: true });
  const log = new DatabaseSync(join(dataDir, 'ticks.sqlite'), { readOnly: true });
  try {
    const ticks = log
      .prepare(
        `SELECT seq, at_ms AS atMs, price_cents AS priceCents, quality, composition_jump AS compositionJump
         FROM ticks ORDER BY seq`,
      )
      .all() as unknown as PriceTick[];
    const bets = ledger
      .prepare(
        `SELECT seq, cell_seq AS cellSeq, id, wallet, kind,
           opens_at_ms AS opensAtMs, closes_at_ms AS closesAtMs, low_cents AS lowCents,
           high_cents AS highCents, stake_micros AS stake, payout_micros AS payout,
           accepted_seq AS acceptedSeq,
           status, settled_seq AS settledSeq FROM bets ORDER BY seq`,
      )
      .all() as unknown as BetRow[];
    const problems = [...balanceProblems(ledger), ...tickProblems(ticks), ...houseProblems(ledger, bets)];
    for (const bet of bets) problems.push(...betProblems(ledger, bet), ...outcomeProblems(bet, ticks));
    const { n } = ledger.prepare('SELECT count(*) AS n FROM booked_transfers').get() as { n: number };
    return { problems, bets, transfers: n };
  } finally {
    ledger.close();
    log.close();
  }
}

/**
 * Each balance is what its transfers say, all of them sum to zero, escrow holds what open bets may be paid.
 */
function balanceProblems(ledger: DatabaseSync): string[] {
  const problems: string[] = [];
  const accounts = ledger.prepare('SELECT name, balance_micros AS balance FROM accounts').all() as {
    name: string;
    balance: number;
  }[];
  const moved = new Map<string, number>();
  const transfers = ledger
    .prepare('SELECT from_account AS f, to_account AS t, amount_micros AS a FROM booked_transfers')
    .all();
  for (const { f, t, a } of transfers as { f: string; t: string; a: number }[]) {
    moved.set(f, (moved.get(f) ?? 0) - a);
    moved.set(t, (moved.get(t) ?? 0) + a);
  }
  let sum = 0;
  for (const { name, balance } of accounts) {
    sum += balance;
    if (balance !== (moved.get(name) ?? 0))
      problems.push(`${name} has ${balance}, its transfers give ${moved.get(name)}`);
    if (balance < 0 && name !== 'issuance') problems.push(`${name} is negative: ${balance}`);
  }
  if (sum !== 0) problems.push(`the ledger sums to ${sum}`);
  const open = ledger
    .prepare("SELECT coalesce(sum(payout_micros), 0) AS p FROM bets WHERE status = 'open'")
    .get();
  const escrow = accounts.find(({ name }) => name === 'escrow')?.balance;
  if ((open as { p: number }).p !== escrow)
    problems.push(`escrow ${escrow} does not cover open payouts ${open?.['p']}`);
  return problems;
}

/** What is left of the bets of each settled cell went to the house. */
function houseProblems(ledger: DatabaseSync, bets: readonly BetRow[]): string[] {
  const left = new Map<number, number>();
  for (const { cellSeq, status, payout, stake } of bets) {
    if (cellSeq === null) continue;
    const more = { lost: payout, void: payout - stake }[status] ?? 0;
    left.set(cellSeq, (left.get(cellSeq) ?? 0) + more);
  }
  const problems: string[] = [];
  const got = ledger.prepare(
    `SELECT coalesce(sum(amount_micros), 0) AS a FROM booked_transfers
     WHERE cell_seq = ? AND to_account = 'house'`,
  );
  for (const [cellSeq, due] of left) {
    const { a } = got.get(cellSeq) as { a: number };
    if (a !== due) problems.push(`the house got ${a} of settled cell ${cellSeq}, should be ${due}`);
  }
  return problems;
}

function tickProblems(ticks: readonly PriceTick[]): string[] {
  return ticks.flatMap((tick, i) => {
    const before = ticks[i - 1];
    if (before && tick.seq !== before.seq + 1) return [`tick ${tick.seq} follows ${before.seq}`];
    if (before && tick.atMs <= before.atMs) return [`tick ${tick.seq} is not later than the one before`];
    return [];
  });
}

/** The wallet's side of a bet: staked once, and paid or refunded exactly once or never. */
function betProblems(ledger: DatabaseSync, bet: BetRow): string[] {
  const rows = ledger
    .prepare(
      `SELECT from_account AS f, to_account AS t, amount_micros AS a FROM booked_transfers
       WHERE ref = ?1 AND (bet_seq = ?2 OR cell_seq = ?3)`,
    )
    .all(bet.id, bet.seq, bet.cellSeq) as { f: string; t: string; a: number }[];
  const wallet = `wallet:${bet.wallet}`;
  const out = rows.filter(({ f }) => f === wallet).map(({ a }) => a);
  const back = rows.filter(({ t }) => t === wallet).map(({ a }) => a);
  const due: Record<string, number[]> = { open: [], lost: [], won: [bet.payout], void: [bet.stake] };
  const problems: string[] = [];
  if (out.length !== 1 || out[0] !== bet.stake)
    problems.push(`${bet.id}: staked ${out}, should be ${bet.stake}`);
  if (String(back) !== String(due[bet.status]))
    problems.push(`${bet.id} (${bet.status}): was paid ${back || 'nothing'}`);
  return problems;
}

function outcomeProblems(bet: BetRow, ticks: readonly PriceTick[]): string[] {
  if (bet.status === 'open') return [];
  const after = ticks.filter((tick) => tick.seq >= bet.acceptedSeq);
  const { outcome, seq } = checkOutcome(bet, after, { maxGapMs: MAX_GAP_MS });
  return outcome === bet.status && seq === bet.settledSeq
    ? []
    : [`${bet.id} was settled ${bet.status} at ${bet.settledSeq}, the ticks say ${outcome} at ${seq}`];
}
