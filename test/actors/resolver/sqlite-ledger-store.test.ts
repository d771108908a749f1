import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { auditLedger } from '../../../src/actors/resolver/ledger-audit.ts';
import {
  LEDGER_MIGRATIONS,
  openLedgerDatabase,
  SqliteLedgerStore,
} from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import type { Bet } from '../../../src/domain/bet.ts';
import { cellKey } from '../../../src/domain/cell.ts';
import { openSqlite } from '../../../src/runtime/index.ts';
import { ledgerCellsContract } from '../../contract/ledger-cells.contract.ts';
import { type LedgerStoreHarness, ledgerStoreContract } from '../../contract/ledger-store.contract.ts';
import { cellSettled, START_MS, WALLET } from '../../support/market.ts';

/** The database outlives the store: what a commit left in it is what a new store finds. */
async function openInMemory(): Promise<LedgerStoreHarness> {
  const db = openLedgerDatabase(':memory:');
  return {
    store: new SqliteLedgerStore(db),
    reopen: async () => new SqliteLedgerStore(db),
    execute: (sql) => db.transaction(() => void db.exec(sql))(),
    close: async () => void db.close(),
  };
}

async function openInFile(): Promise<LedgerStoreHarness> {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-'));
  const path = join(dir, 'ledger.sqlite');
  let store = new SqliteLedgerStore(openLedgerDatabase(path));
  return {
    store,
    reopen: async () => {
      await store.close();
      store = new SqliteLedgerStore(openLedgerDatabase(path));
      return store;
    },
    execute: (sql) => {
      const db = openLedgerDatabase(path);
      try {
        db.transaction(() => void db.exec(sql))();
      } finally {
        db.close();
      }
    },
    close: async () => {
      await store.close();
      rmSync(dir, { recursive: true });
    },
  };
}

ledgerStoreContract('SqliteLedgerStore in memory', openInMemory);
ledgerCellsContract('SqliteLedgerStore in memory', openInMemory);
ledgerStoreContract('SqliteLedgerStore in a file', openInFile);
ledgerCellsContract('SqliteLedgerStore in a file', openInFile);

it('takes over a ledger from before there were kinds, with its bets, transfers and answers', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-'));
  const path = join(dir, 'ledger.sqlite');
  const old = openSqlite({ path, migrations: LEDGER_MIGRATIONS.slice(0, 2) });
  const insertBet = (id: string, status: string, settledSeq: number | null): void => {
    old
      .prepare(
        `INSERT INTO bets VALUES (NULL, ?, '${WALLET}', 'btc:usd', 'touch', ${START_MS + 10_000},
           ${START_MS + 15_000}, ?, ?, 1000000, 200, 2000000, ${START_MS}, 1, ${START_MS + 100}, 6000500,
           0.00007, 'touch-1', 2000, 0.2, ?, NULL, ?, ?)`,
      )
      .run(
        id,
        settledSeq ? 1_000 : 2_000,
        settledSeq ? 2_000 : 3_000,
        status,
        settledSeq,
        settledSeq && START_MS + 9_999,
      );
  };
  old.exec(`INSERT INTO accounts VALUES ('wallet:${WALLET}', 3000000);
    UPDATE accounts SET balance_micros = 95000000 WHERE name = 'house';
    UPDATE accounts SET balance_micros = 2000000 WHERE name = 'escrow';
    UPDATE accounts SET balance_micros = -100000000 WHERE name = 'issuance';`);
  insertBet('bet_lost', 'lost', 150);
  insertBet('bet_open', 'open', null);
  old.exec(`INSERT INTO transfers (code, from_account, to_account, amount_micros, ref, tick_seq) VALUES
    ('funding', 'issuance', 'house', 100000000, 'house', 0),
    ('grant', 'house', 'wallet:${WALLET}', 5000000, '${WALLET}', 0),
    ('stake', 'wallet:${WALLET}', 'escrow', 1000000, 'bet_lost', 1),
    ('reserve', 'house', 'escrow', 1000000, 'bet_lost', 1),
    ('stake', 'wallet:${WALLET}', 'escrow', 1000000, 'bet_open', 1),
    ('reserve', 'house', 'escrow', 1000000, 'bet_open', 1),
    ('forfeit', 'escrow', 'house', 2000000, 'bet_lost', 150);
    INSERT INTO requests VALUES ('${WALLET}', 'a', '${'f'.repeat(64)}', '{"ok":true}');`);
  old.close();

  const db = openLedgerDatabase(path);
  const store = new SqliteLedgerStore(db);
  const { openBets } = await store.load();
  expect(openBets.map(({ id }) => id)).toEqual(['bet_open']);
  expect((await store.findBet(WALLET, 'bet_lost'))?.verdict).toMatchObject({
    outcome: 'lost',
    decidedSeq: 150,
  });
  expect(await store.findAnswers([{ wallet: WALLET, idempotencyKey: 'a' }])).toHaveLength(1);
  expect(await store.totals()).toMatchObject({ sumMicros: 0, bets: { open: 1, lost: 1 } });
  expect(db.prepare('SELECT seq, bet_seq FROM booked_transfers ORDER BY seq').raw().all()).toEqual([
    ...[
      [1, null],
      [2, null],
      [3, 1],
      [4, 1],
      [5, 2],
      [6, 2],
      [7, 1],
    ],
  ]);
  const verdict = { outcome: 'won', decidedSeq: 160, decidedAtMs: START_MS + 12_000 } as const;
  const bet = openBets[0] as Bet;
  await store.commit({
    booked: [{ event: cellSettled(verdict, bet), tickSeq: 160 }],
    answers: [],
    cursorSeq: 160,
  });
  expect(await store.totals()).toMatchObject({ sumMicros: 0, escrowMicros: 0, bets: { won: 1, lost: 1 } });
  await store.close();
  rmSync(dir, { recursive: true });
});

it('takes over a ledger whose bets were settled one by one, and settles what is open', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-'));
  const path = join(dir, 'ledger.sqlite');
  const fixture = join(import.meta.dirname, '../../fixtures/ledger-before-cells.sqlite.gz');
  writeFileSync(path, gunzipSync(readFileSync(fixture)));
  const before = openSqlite({ path, readonly: true, migrations: 'any' });
  const rows = (db: typeof before, sql: string): unknown[] => db.prepare(sql).all();
  const bets = `SELECT id, status, reason, settled_seq, settled_at_ms, near_cents, near_seq FROM bets
    ORDER BY seq`;
  const transfersIn = (table: string): string =>
    `SELECT seq, code, from_account, to_account, amount_micros, ref, bet_seq, tick_seq FROM ${table}
     ORDER BY seq`;
  const answersBy = (fingerprint: string): string =>
    `SELECT wallet, idempotency_key, ${fingerprint} AS fingerprint, answer FROM requests ORDER BY seq`;
  const rest = [
    ...[bets, 'SELECT seq, hash FROM commits'],
    'SELECT name, balance_micros FROM accounts ORDER BY name',
  ];
  const found = [transfersIn('transfers'), answersBy('fingerprint'), ...rest].map((sql) => rows(before, sql));
  before.close();

  const db = openLedgerDatabase(path);
  const kept = [transfersIn('booked_transfers'), answersBy('lower(hex(fingerprint))'), ...rest];
  expect(kept.map((sql) => rows(db, sql))).toEqual(found);
  const store = new SqliteLedgerStore(db);
  const open = (await store.load()).openBets;
  const byStatus = { won: 3, lost: 5, void: 2 };
  expect(open).toHaveLength(6);
  expect(await store.totals()).toMatchObject({ sumMicros: 0, bets: { open: 6, ...byStatus } });
  const cells = Map.groupBy(open, ({ cell }) => cellKey(cell));
  const verdict = { outcome: 'won', decidedSeq: 1_000, decidedAtMs: START_MS + 100_000 } as const;
  const events = [...cells.values()].map(([first, ...others]) =>
    cellSettled(verdict, first as Bet, ...others),
  );
  await store.commit({
    booked: events.map((event) => ({ event, tickSeq: 1_000 })),
    answers: [],
    cursorSeq: 1_000,
  });
  expect(await store.totals()).toMatchObject({ escrowMicros: 0, bets: { ...byStatus, open: 0, won: 9 } });
  await store.close();
  const audit = auditLedger({
    ...{ ledgerPath: path, anchorPath: join(dir, 'none'), full: true, onProgress: () => {} },
    lastAppliedAtMs: () => undefined,
  });
  expect(audit.checks.filter(({ ok }) => !ok)).toEqual([]);
  rmSync(dir, { recursive: true });
});

it('refuses a ledger made by newer code', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-'));
  const path = join(dir, 'ledger.sqlite');
  const db = openLedgerDatabase(path);
  db.pragma('user_version = 99');
  db.close();
  expect(() => openLedgerDatabase(path)).toThrow('refusing to open');
  rmSync(dir, { recursive: true });
});
