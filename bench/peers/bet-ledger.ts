/**
 * The books of the conventional bet service: a few tables, one transaction a bet, as durable as the product's
 * (WAL, synchronous=FULL). Balances are kept by conditional updates; a cell is taken once a wallet by a
 * unique index; a repeated key gets the answer it got.
 */
import Sqlite, { type Database } from 'better-sqlite3';

export interface NewBet {
  readonly id: string;
  readonly wallet: string;
  readonly idempotencyKey: string;
  readonly kind: string;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  readonly lowCents: number | null;
  readonly highCents: number | null;
  readonly stakeMicros: number;
  readonly multiplierHundredths: number;
  readonly payoutMicros: number;
  readonly acceptedAtMs: number;
  readonly acceptedPriceCents: number;
}

export type Placed =
  | { readonly ok: true; readonly bet: NewBet }
  | { readonly ok: false; readonly code: 'DUPLICATE_CELL' | 'INSUFFICIENT_BALANCE' | 'IDEMPOTENCY_CONFLICT' };

const SCHEMA = `
CREATE TABLE IF NOT EXISTS accounts (
  name TEXT PRIMARY KEY, balance_micros INTEGER NOT NULL CHECK (balance_micros >= 0)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bets (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL, wallet TEXT NOT NULL, idempotency_key TEXT NOT NULL,
  fingerprint TEXT NOT NULL, kind TEXT NOT NULL, opens_at_ms INTEGER NOT NULL, closes_at_ms INTEGER NOT NULL,
  low_cents INTEGER NOT NULL, high_cents INTEGER NOT NULL, stake_micros INTEGER NOT NULL,
  payout_micros INTEGER NOT NULL, status TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS bets_by_id ON bets (id);
CREATE UNIQUE INDEX IF NOT EXISTS bets_by_key ON bets (wallet, idempotency_key);
CREATE UNIQUE INDEX IF NOT EXISTS bets_by_cell
  ON bets (wallet, kind, opens_at_ms, closes_at_ms, low_cents, high_cents);
CREATE TABLE IF NOT EXISTS transfers (
  seq INTEGER PRIMARY KEY, from_account TEXT NOT NULL, to_account TEXT NOT NULL,
  amount_micros INTEGER NOT NULL CHECK (amount_micros > 0), bet_id TEXT NOT NULL) STRICT;
`;
const SYNCHRONOUS_FULL = 2;
const HOUSE = 'house';
const ESCROW = 'escrow';
const HOUSE_MICROS = 10_000_000_000_000;
/** An open edge, where a unique index would take two nulls for different. */
const OPEN_EDGE = -1;

export class BetLedger {
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepare>;
  readonly place: (bet: NewBet, fingerprint: string) => Placed;

  constructor(path: string) {
    this.#db = new Sqlite(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.exec(SCHEMA);
    if (this.#db.pragma('synchronous', { simple: true }) !== SYNCHRONOUS_FULL) throw new Error('not FULL');
    this.#sql = prepare(this.#db);
    this.#sql.open.run(HOUSE, HOUSE_MICROS);
    this.#sql.open.run(ESCROW, 0);
    this.place = this.#db.transaction((bet: NewBet, fingerprint: string) =>
      this.#place(bet, fingerprint),
    ).immediate;
  }

  openAccounts(wallets: readonly string[], grantMicros: number): void {
    this.#db.transaction(() => {
      for (const wallet of wallets) this.#sql.open.run(wallet, grantMicros);
    })();
  }

  close(): void {
    this.#db.close();
  }

  #place(bet: NewBet, fingerprint: string): Placed {
    const known = this.#sql.byKey.get(bet.wallet, bet.idempotencyKey);
    if (known && known.fingerprint !== fingerprint) return { ok: false, code: 'IDEMPOTENCY_CONFLICT' };
    if (known) return { ok: true, bet: JSON.parse(known.body) as NewBet };
    const { wallet, kind, opensAtMs, closesAtMs, stakeMicros, payoutMicros } = bet;
    const edges = [bet.lowCents ?? OPEN_EDGE, bet.highCents ?? OPEN_EDGE] as const;
    if (this.#sql.byCell.get(wallet, kind, opensAtMs, closesAtMs, ...edges))
      return { ok: false, code: 'DUPLICATE_CELL' };
    if (this.#sql.take.run(stakeMicros, wallet, stakeMicros).changes === 0)
      return { ok: false, code: 'INSUFFICIENT_BALANCE' };
    const reserveMicros = payoutMicros - stakeMicros;
    this.#sql.take.run(reserveMicros, HOUSE, reserveMicros);
    this.#sql.give.run(payoutMicros, ESCROW);
    this.#sql.insertTransfer.run(wallet, ESCROW, stakeMicros, bet.id);
    this.#sql.insertTransfer.run(HOUSE, ESCROW, reserveMicros, bet.id);
    this.#sql.insertBet.run(
      ...[bet.id, wallet, bet.idempotencyKey, fingerprint, kind, opensAtMs, closesAtMs],
      ...[...edges, stakeMicros, payoutMicros, JSON.stringify(bet)],
    );
    return { ok: true, bet };
  }
}

const prepare = (db: Database) => ({
  open: db.prepare('INSERT OR IGNORE INTO accounts (name, balance_micros) VALUES (?, ?)'),
  byKey: db.prepare<[string, string], { fingerprint: string; body: string }>(
    'SELECT fingerprint, body FROM bets WHERE wallet = ? AND idempotency_key = ?',
  ),
  byCell: db.prepare<[string, string, number, number, number, number]>(
    `SELECT 1 FROM bets WHERE wallet = ? AND kind = ? AND opens_at_ms = ? AND closes_at_ms = ?
     AND low_cents = ? AND high_cents = ?`,
  ),
  take: db.prepare<[number, string, number]>(
    'UPDATE accounts SET balance_micros = balance_micros - ? WHERE name = ? AND balance_micros >= ?',
  ),
  give: db.prepare<[number, string]>(
    'UPDATE accounts SET balance_micros = balance_micros + ? WHERE name = ?',
  ),
  insertTransfer: db.prepare<[string, string, number, string]>(
    'INSERT INTO transfers (from_account, to_account, amount_micros, bet_id) VALUES (?, ?, ?, ?)',
  ),
  insertBet: db.prepare(
    `INSERT INTO bets (id, wallet, idempotency_key, fingerprint, kind, opens_at_ms, closes_at_ms,
       low_cents, high_cents, stake_micros, payout_micros, status, body)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)`,
  ),
});
