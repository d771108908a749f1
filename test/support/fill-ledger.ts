/**
 * A process that opens the ledger at a path and commits until the disk has no more room, or `count` times:
 * `fill-ledger.ts <path> [count]`. Says in JSON what it found, what it was promised and what it ended with.
 */
import { writeSync } from 'node:fs';
import { openLedgerDatabase, SqliteLedgerStore } from '../../src/actors/resolver/sqlite-ledger-store.ts';
import { refused } from '../../src/protocol/errors.ts';
import { WALLET } from './market.ts';

const [path = '', count = 'Infinity'] = process.argv.slice(2);
const store = new SqliteLedgerStore(openLedgerDatabase(path));
const { cursorSeq: found } = await store.load();
const filler = 'x'.repeat(5_000);

let acked = found;
let code: string | undefined;
while (acked < found + Number(count) && code === undefined) {
  const next = acked + 1;
  const answer = { wallet: WALLET, idempotencyKey: `key-${next}`, fingerprint: 'f'.repeat(64) };
  try {
    const answers = [{ ...answer, answer: refused('CELL_DISABLED', { filler }) }];
    await store.commit({ booked: [], answers, cursorSeq: next });
    acked = next;
  } catch (error) {
    code = (error as { code: string }).code;
  }
}
// Reads need no room.
const { cursorSeq: readable } = await store.load();
writeSync(1, `${JSON.stringify({ found, acked, readable, code })}\n`);
