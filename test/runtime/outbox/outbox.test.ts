import { describe } from 'vitest';
import { openSqlite } from '../../../src/runtime/index.ts';
import { MemoryOutboxStream } from '../../../src/runtime/outbox/memory-outbox-stream.ts';
import { OUTBOX_MIGRATION, SqliteOutbox } from '../../../src/runtime/outbox/sqlite-outbox.ts';
import { KEPT, outboxContract } from '../../contract/outbox.contract.ts';

describe('SQLite in memory, a stream in memory', () => {
  outboxContract(async () => {
    const db = openSqlite({ path: ':memory:', migrations: [OUTBOX_MIGRATION] });
    const stream = new MemoryOutboxStream();
    return {
      log: new SqliteOutbox(db, KEPT),
      stream: () => stream,
      transact: (work) => db.transaction(work).immediate(),
      reopen: async () => new SqliteOutbox(db, KEPT),
      vanish: async () => stream.vanish(),
      length: async () => stream.length,
      close: async () => {
        await stream.close();
        db.close();
      },
    };
  });
});
