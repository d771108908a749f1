/** A ledger that is not the one that was here before is refused, and left as it is. */
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseLostLedger } from '../../../src/actors/resolver/ledger-guard.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import { micros } from '../../../src/domain/units.ts';
import { OTHER_WALLET } from '../../support/market.ts';
import { LedgerFile } from './ledger-file.ts';

const OPENED = { type: 'AccountOpened', wallet: OTHER_WALLET, grantMicros: micros(1) } as const;

let file: LedgerFile;
beforeEach(async () => {
  file = new LedgerFile();
  await file.fill();
});
afterEach(() => file.remove());

const start = (): void => refuseLostLedger(file.path, file.anchorPath);
const removeLedger = (): void => {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file.path}${end}`, { force: true });
};

describe('a ledger with an anchor', () => {
  it('starts at its anchored head, and behind it', async () => {
    file.anchor(await file.write());
    expect(start).not.toThrow();
    await file.write([OPENED]);
    expect(start).not.toThrow();
  });

  it('that is an old backup is refused: LEDGER_ROLLED_BACK', async () => {
    const backup = `${file.path}.backup`;
    copyFileSync(file.path, backup);
    file.anchor(await file.write([OPENED]));
    removeLedger();
    copyFileSync(backup, file.path);
    const before = readFileSync(file.path);
    expect(start).toThrow(/^LEDGER_ROLLED_BACK: .* reached commit 5, but the ledger ends at commit 4/);
    expect(readFileSync(file.path)).toEqual(before);
  });

  it('whose log of writes was deleted is refused: LEDGER_ROLLED_BACK', async () => {
    const writer = new SqliteLedgerStore(openLedgerDatabase(file.path));
    await writer.commit(file.batch([OPENED]));
    file.anchor(writer.books.head());
    const other = new LedgerFile();
    // As a machine leaves it that loses its power, without the log.
    copyFileSync(file.path, other.path);
    copyFileSync(file.anchorPath, other.anchorPath);
    await writer.close();
    expect(() => refuseLostLedger(other.path, other.anchorPath)).toThrow(/^LEDGER_ROLLED_BACK/);
    other.remove();
  });

  it.each([
    ['deleted', removeLedger],
    [
      'empty',
      () => {
        removeLedger();
        writeFileSync(file.path, '');
      },
    ],
    ['truncated to nothing', () => truncateSync(file.path)],
  ])('that is %s is refused, and none is made in its place: LEDGER_MISSING', async (_how, lose) => {
    file.anchor(await file.write());
    lose();
    const wasThere = existsSync(file.path);
    expect(start).toThrow(/^LEDGER_MISSING/);
    expect(existsSync(file.path)).toBe(wasThere);
  });

  it('that is another one is refused: LEDGER_DIVERGED', async () => {
    file.anchor(await file.write());
    removeLedger();
    await file.fill();
    await file.write([OPENED]);
    expect(start).toThrow(/^LEDGER_DIVERGED: .*another ledger/);
  });

  it('that has another past is refused: LEDGER_DIVERGED', async () => {
    const backup = `${file.path}.backup`;
    copyFileSync(file.path, backup);
    file.anchor(await file.write([OPENED]));
    removeLedger();
    copyFileSync(backup, file.path);
    await file.write([{ ...OPENED, grantMicros: micros(2) }], []);
    expect(start).toThrow(/^LEDGER_DIVERGED: .*another commit/);
  });

  it('that cannot be read is refused: LEDGER_DIVERGED', () => {
    writeFileSync(file.anchorPath, '{"commitSeq":');
    expect(start).toThrow(/^LEDGER_DIVERGED: cannot compare/);
  });

  it('from before there was a chain is refused: LEDGER_ROLLED_BACK', async () => {
    file.anchor(await file.write());
    file.spoil('DROP TABLE commits');
    expect(start).toThrow(/^LEDGER_ROLLED_BACK: .*older version/);
  });
});

it('a ledger without an anchor starts', () => expect(start).not.toThrow());
