/** What the Resolver does about its ledger: anchors its head, refuses an older one, stops at a wrong one. */
import { describe, expect, it } from 'vitest';
import { MemoryLedgerAnchor } from '../../../src/actors/resolver/ledger-anchor.ts';
import { LedgerWatch } from '../../../src/actors/resolver/ledger-watch.ts';
import { ManualClock, Metrics, silentLogger } from '../../../src/runtime/index.ts';
import { START_MS } from '../../support/market.ts';
import { startRig } from '../../support/resolver-rig.ts';

const HOUSE_SPOILT = "UPDATE accounts SET balance_micros = balance_micros + 1 WHERE name = 'issuance'";

describe('the resolver', () => {
  it('anchors the head of its ledger within seconds, and at its end', async () => {
    const rig = await startRig();
    await rig.ticks(20);
    expect(rig.anchor.head).toEqual(rig.store.books.head());
    await rig.accepted();
    await rig.system.stop('resolver');
    expect(rig.anchor.head).toEqual(rig.store.books.head());
  });

  it('does not start on a ledger that ends before its anchor', async () => {
    const rig = await startRig();
    await rig.ticks(20);
    const { head } = rig.anchor;
    if (head) rig.anchor.head = { ...head, commitSeq: head.commitSeq + 1 };
    await expect(rig.restart()).rejects.toThrow('LEDGER_ROLLED_BACK');
  });

  it('takes no more bets once its ledger is found wrong, but settles and answers', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    rig.database.exec(HOUSE_SPOILT);
    await rig.openAccount(`0x${'ab'.repeat(20)}`);
    await rig.ticks(700);
    expect(await rig.place()).toMatchObject({
      error: { code: 'PAUSED', details: { reason: 'LEDGER_CHECK' } },
    });
    expect((await rig.bet(bet.id)).status).not.toBe('open');
    const { head } = rig.anchor;
    await rig.openAccount(`0x${'cd'.repeat(20)}`);
    await rig.ticks(20);
    expect(rig.anchor.head).toEqual(head);
  });

  it('finds a spoilt past at its next start, before the first bet', async () => {
    const rig = await startRig();
    await rig.accepted();
    rig.database.exec('DROP TRIGGER commits_are_never_changed');
    rig.database.exec('UPDATE commits SET hash = zeroblob(32) WHERE seq = 1');
    await rig.restart();
    await rig.tick();
    expect(await rig.place()).toMatchObject({ error: { code: 'PAUSED' } });
  });
});

describe('the watch', () => {
  const head = { ledgerId: 'a', commitSeq: 3, transferSeq: 9, hash: '0'.repeat(64) };
  const books = {
    head: () => head,
    hashAt: () => head.hash,
    readBack: () => ({ step: () => ({ isCaughtUp: true, problems: [] }) }),
    sumMicros: () => 0,
  };
  const watchOver = (anchor: MemoryLedgerAnchor, anchorCopy: MemoryLedgerAnchor) => {
    const context = { clock: new ManualClock(START_MS), log: silentLogger, metrics: new Metrics('resolver') };
    return new LedgerWatch({ books, anchor, anchorCopy, context });
  };
  const anchored = (change: Partial<typeof head>): MemoryLedgerAnchor => {
    const anchor = new MemoryLedgerAnchor();
    anchor.head = { ...head, ...change };
    return anchor;
  };

  it('refuses what the copy alone knows to be older: a whole directory from a backup', async () => {
    await expect(watchOver(anchored({}), anchored({ commitSeq: 4 })).start()).rejects.toThrow('ROLLED_BACK');
  });

  it('gives nothing on a copy that belongs to another ledger, or that is not there', async () => {
    await watchOver(anchored({}), anchored({ ledgerId: 'b', commitSeq: 4 })).start();
    await watchOver(anchored({}), new MemoryLedgerAnchor()).start();
  });

  it('goes on when the anchor cannot be written, and writes it later', async () => {
    const anchor = new MemoryLedgerAnchor();
    const { write } = anchor;
    anchor.write = async () => Promise.reject(new Error('disk full'));
    const watch = watchOver(anchor, new MemoryLedgerAnchor());
    await watch.start();
    await watch.stop();
    expect(anchor.head).toBeUndefined();
    anchor.write = write;
    await watch.stop();
    expect(anchor.head).toEqual(head);
  });
});
