import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { type LedgerStoreHarness, ledgerStoreContract } from '../../contract/ledger-store.contract.ts';

/** The database outlives the store: what a commit left in it is what a new store finds. */
async function openInMemory(): Promise<LedgerStoreHarness> {
  const db = openLedgerDatabase(':memory:');
  return {
    store: new SqliteLedgerStore(db),
    reopen: async () => new SqliteLedgerStore(db),
    execute: (sql) => void db.exec(sql),
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
        db.exec(sql);
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
ledgerStoreContract('SqliteLedgerStore in a file', openInFile);

it('refuses a ledger made by newer code', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'touchline-ledger-'));
  const path = join(dir, 'ledger.sqlite');
  const db = openLedgerDatabase(path);
  db.pragma('user_version = 99');
  db.close();
  expect(() => openLedgerDatabase(path)).toThrow('refusing to open');
  rmSync(dir, { recursive: true });
});
