/**
 * The ledger as an auditor reads it: read-only, every bet with what was booked for it, in the order of
 * settlement. Its own statements: what writes the ledger is not asked how to read it.
 */
import type { Bet } from '../../domain/bet.ts';
import type { BetKind } from '../../domain/cell.ts';
import type { Transfer } from '../../domain/ledger.ts';
import { SYMBOL } from '../../domain/tick.ts';
import { cents, hundredths, micros } from '../../domain/units.ts';
import { openSqlite, type SqliteDatabase } from '../../runtime/index.ts';

/** Settled bets lie in the order they were taken: without room, each look-up reads its page anew. */
const CACHE_MIB = 256;

export type BookedTransfer = Pick<Transfer, 'code' | 'from' | 'to' | 'amountMicros'>;

export interface BookedBet {
  readonly bet: Bet;
  readonly status: 'open' | 'won' | 'lost' | 'void';
  readonly reason: string | null;
  readonly settledSeq: number | null;
  readonly settledAtMs: number | null;
  readonly nearCents: number | null;
  readonly nearAtMs: number | null;
  readonly nearSeq: number | null;
}

export type AuditedBet = BookedBet & {
  /** The number of the settled cell it is in; null if it is open, or was settled alone. */
  readonly cellSeq: number | null;
  /** Those of this bet alone. */
  readonly transfers: readonly BookedTransfer[];
};

/** What was moved for a settled cell: to wallets, and to the house for all its bets together. */
export interface BookedCell {
  readonly cellSeq: number;
  readonly bets: number;
  readonly toWallets: number;
  readonly toHouseMicros: number;
}

interface BetRow {
  readonly seq: number;
  readonly id: string;
  readonly wallet: string;
  readonly kind: string;
  readonly opens_at_ms: number;
  readonly closes_at_ms: number;
  readonly low_cents: number | null;
  readonly high_cents: number | null;
  readonly stake_micros: number;
  readonly multiplier_hundredths: number;
  readonly payout_micros: number;
  readonly received_at_ms: number;
  readonly accepted_seq: number;
  readonly accepted_at_ms: number;
  readonly accepted_price_cents: number;
  readonly sigma_per_sqrt_second: number;
  readonly rules_version: string;
  readonly max_gap_ms: number;
  readonly max_degraded_fraction: number;
  readonly status: BookedBet['status'];
  readonly reason: string | null;
  readonly settled_seq: number | null;
  readonly settled_at_ms: number | null;
  readonly near_cents: number | null;
  readonly near_at_ms: number | null;
  readonly near_seq: number | null;
  readonly cell_seq: number | null;
}

export class BookedBets {
  readonly #db: SqliteDatabase;

  constructor(path: string) {
    this.#db = openSqlite({ path, readonly: true, migrations: 'any', cacheMib: CACHE_MIB });
    this.#db.exec('BEGIN');
  }

  get count(): number {
    return this.#db.prepare<[], { n: number }>('SELECT count(*) AS n FROM bets').get()?.n ?? 0;
  }

  /** How far the tick log is applied: what it decides up to here is settled. */
  get cursorSeq(): number {
    return this.#db.prepare<[], { tick_seq: number }>('SELECT tick_seq FROM cursor').get()?.tick_seq ?? 0;
  }

  /** Settled ones in the order of the ticks that settled them, then the open ones. */
  *inOrder(): Generator<AuditedBet, void, undefined> {
    const order = this.#db
      .prepare<[], [number, number | null]>('SELECT seq, settled_seq FROM bets ORDER BY seq')
      .raw()
      .all();
    // Sorted here: SQLite would carry whole rows through its sorter. Stable, so ties keep the order of
    // acceptance.
    order.sort(([, a], [, b]) => (a ?? Number.MAX_SAFE_INTEGER) - (b ?? Number.MAX_SAFE_INTEGER));
    const betAt = this.#db.prepare<[number], BetRow>('SELECT * FROM bets WHERE seq = ?');
    const transfersOf = this.#db.prepare<[number], BookedTransfer>(
      `SELECT code, from_account AS "from", to_account AS "to", amount_micros AS amountMicros
       FROM booked_transfers WHERE bet_seq = ?`,
    );
    const paymentOf = this.#db.prepare<[number, string, string], BookedTransfer>(
      `SELECT code, from_account AS "from", to_account AS "to", amount_micros AS amountMicros
       FROM booked_transfers WHERE cell_seq = ? AND to_account = ? AND ref = ?`,
    );
    for (const [seq] of order) {
      const row = betAt.get(seq);
      if (!row) continue;
      const { cell_seq: cellSeq, wallet, id, status } = row;
      // Of a lost cell nothing goes to wallets, which `cells` says of all its bets at once.
      const isPaid = cellSeq !== null && status !== 'lost';
      const payments = isPaid ? paymentOf.all(cellSeq, `wallet:${wallet}`, id) : [];
      yield { ...bookedOf(row), cellSeq, transfers: [...transfersOf.all(seq), ...payments] };
    }
  }

  /** Every settled cell, and every number of one that a transfer names. */
  cells(): BookedCell[] {
    return this.#db
      .prepare<[], BookedCell>(
        `SELECT cell_seq AS cellSeq, max(bets) AS bets, sum(to_account LIKE 'wallet:%') AS toWallets,
           sum(CASE to_account WHEN 'house' THEN amount_micros ELSE 0 END) AS toHouseMicros
         FROM (SELECT cell_seq, 0 AS bets, to_account, amount_micros FROM booked_transfers
               WHERE cell_seq IS NOT NULL
               UNION ALL SELECT seq, bets, '', 0 FROM settled_cells) GROUP BY cell_seq ORDER BY cell_seq`,
      )
      .all();
  }

  /** What does not add up over all accounts, in words. */
  *sums(): Generator<string, void, undefined> {
    const moved = new Map<string, number>();
    const transfers = this.#db
      .prepare<[], [string, string, number]>(
        'SELECT from_account, to_account, amount_micros FROM booked_transfers',
      )
      .raw();
    for (const [from, to, amountMicros] of transfers.iterate()) {
      moved.set(from, (moved.get(from) ?? 0) - amountMicros);
      moved.set(to, (moved.get(to) ?? 0) + amountMicros);
    }
    let sum = 0;
    const accounts = this.#db
      .prepare<[], [string, number]>('SELECT name, balance_micros FROM accounts')
      .raw();
    for (const [name, held] of accounts.all()) {
      sum += held;
      const due = moved.get(name) ?? 0;
      if (held !== due) yield `${name} holds ${held}, its transfers give ${due}`;
      else if (held < 0 && name !== 'issuance') yield `${name} holds ${held}`;
    }
    if (sum !== 0) yield `all accounts together hold ${sum}, not 0`;
    const escrow = this.#db.prepare<[], [number, number]>(`
      SELECT (SELECT balance_micros FROM accounts WHERE name = 'escrow'),
        (SELECT coalesce(sum(payout_micros), 0) FROM bets WHERE status = 'open')`);
    const [held = 0, open = 0] = escrow.raw().get() ?? [];
    if (held !== open) yield `escrow holds ${held}, open bets may be paid ${open}`;
  }

  close(): void {
    this.#db.close();
  }
}

function bookedOf(row: BetRow): BookedBet {
  const edge = (edgeCents: number | null) => (edgeCents === null ? null : cents(edgeCents));
  const bet: Bet = {
    id: row.id,
    wallet: row.wallet,
    cell: {
      symbol: SYMBOL,
      kind: row.kind as BetKind,
      opensAtMs: row.opens_at_ms,
      closesAtMs: row.closes_at_ms,
      lowCents: edge(row.low_cents),
      highCents: edge(row.high_cents),
    },
    stakeMicros: micros(row.stake_micros),
    multiplier: hundredths(row.multiplier_hundredths),
    payoutMicros: micros(row.payout_micros),
    receivedAtMs: row.received_at_ms,
    acceptedSeq: row.accepted_seq,
    acceptedAtMs: row.accepted_at_ms,
    acceptedPriceCents: row.accepted_price_cents,
    sigmaPerSqrtSecond: row.sigma_per_sqrt_second,
    rulesVersion: row.rules_version,
    settlementRules: { maxGapMs: row.max_gap_ms, maxDegradedFraction: row.max_degraded_fraction },
  };
  const { status, reason, settled_seq: settledSeq, settled_at_ms: settledAtMs } = row;
  const { near_cents: nearCents, near_at_ms: nearAtMs, near_seq: nearSeq } = row;
  return { bet, status, reason, settledSeq, settledAtMs, nearCents, nearAtMs, nearSeq };
}
