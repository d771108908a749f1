/** A ledger in a directory of its own with a little of everything in it, to be spoilt. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeAnchorFile } from '../../../src/actors/resolver/ledger-anchor.ts';
import { auditLedger, type LedgerAudit } from '../../../src/actors/resolver/ledger-audit.ts';
import type { LedgerHead } from '../../../src/actors/resolver/ledger-chain.ts';
import type { LedgerBatch } from '../../../src/actors/resolver/ledger-store.ts';
import { openLedgerDatabase, SqliteLedgerStore } from '../../../src/actors/resolver/sqlite-ledger-store.ts';
import type { Bet } from '../../../src/domain/bet.ts';
import type { LedgerEvent } from '../../../src/domain/ledger.ts';
import { micros } from '../../../src/domain/units.ts';
import { betView } from '../../../src/protocol/bet-view.ts';
import { done } from '../../../src/protocol/errors.ts';
import { betOn, cellAt, cellSettled, START_MS, WALLET } from '../../support/market.ts';

export const BETS: readonly Bet[] = [0, 1, 2, 3].map((row) => betOn(cellAt(row), { id: `bet_${row}` }));
const decided = { decidedSeq: 150, decidedAtMs: START_MS + 15_000 };

export class LedgerFile {
  readonly dir = mkdtempSync(join(tmpdir(), 'touchline-books-'));
  readonly path = join(this.dir, 'ledger.sqlite');
  readonly anchorPath = join(this.dir, 'ledger.anchor');
  #cursorSeq = 0;

  /** The house, a wallet, four bets: won, lost, void and open; an operator who paused. */
  async fill(): Promise<void> {
    const [won, lost, voided] = BETS as readonly [Bet, Bet, Bet];
    await this.write(
      [
        { type: 'HouseFunded', amountMicros: micros(1_000_000_000) },
        { type: 'AccountOpened', wallet: WALLET, grantMicros: micros(50_000_000) },
      ],
      [...BETS.map((bet): LedgerEvent => ({ type: 'BetAccepted', bet }))],
      [cellSettled({ outcome: 'won', ...decided }, won), cellSettled({ outcome: 'lost', ...decided }, lost)],
      [cellSettled({ outcome: 'void', reason: 'FEED_GAP', ...decided }, voided)],
    );
  }

  /** One commit for each list of events. */
  async write(...commits: readonly (readonly LedgerEvent[])[]): Promise<LedgerHead> {
    const store = new SqliteLedgerStore(openLedgerDatabase(this.path));
    for (const events of commits) await store.commit(this.batch(events));
    const head = store.books.head();
    await store.close();
    return head;
  }

  batch(events: readonly LedgerEvent[]): LedgerBatch {
    this.#cursorSeq += 1;
    const answers = events.flatMap((event) =>
      event.type !== 'BetAccepted'
        ? []
        : [
            {
              ...{ wallet: event.bet.wallet, idempotencyKey: event.bet.id, fingerprint: 'f'.repeat(64) },
              answer: done(betView(event.bet)),
            },
          ],
    );
    return { booked: events.map((event) => ({ event, tickSeq: 1 })), answers, cursorSeq: this.#cursorSeq };
  }

  anchor(head: LedgerHead): void {
    writeAnchorFile(this.anchorPath, head);
  }

  /** Past every check and trigger, with another binding, as somebody with the file may. */
  spoil(sql: string): void {
    const db = new DatabaseSync(this.path, { enableForeignKeyConstraints: false });
    const triggers = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all();
    for (const { name } of triggers) db.exec(`DROP TRIGGER "${name}"`);
    db.exec('PRAGMA ignore_check_constraints = ON');
    db.exec(sql);
    db.close();
  }

  audit(lastAppliedAtMs?: number): LedgerAudit {
    return auditLedger({
      ...{ ledgerPath: this.path, anchorPath: this.anchorPath, full: true, onProgress: () => {} },
      lastAppliedAtMs: () => lastAppliedAtMs,
    });
  }

  remove(): void {
    rmSync(this.dir, { recursive: true });
  }
}
