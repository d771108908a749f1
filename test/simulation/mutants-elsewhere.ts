/**
 * Mistakes that only a real disk, a real Redis, extreme numbers, one exact cent or a long silence can show:
 * the simulator has none of them, or too few.
 * Each must make the named test fail, which runs with the mistake planted.
 *
 * One mistake of the usual list is in none of the lists: settling without asking whether a bet is open. The
 * ledger's own trigger refuses it as well, so nothing can be seen of it; "a bet that was won stays open" is.
 */
import type { MutantElsewhere } from './mutants.ts';

const NONCE_TEST = 'gives a nonce to one of many takers at the same time';

export const MUTANTS_ELSEWHERE: readonly MutantElsewhere[] = [
  {
    name: 'commits are not synced to the disk',
    file: 'src/runtime/sqlite/sqlite-database.ts',
    from: "db.pragma('synchronous = FULL');",
    to: "db.pragma('synchronous = OFF');",
    testFile: 'test/runtime/sqlite/durability.test.ts',
    test: 'a commit is on the disk',
  },
  {
    name: 'a nonce is looked at, then deleted',
    file: 'src/actors/session-guard/redis-session-store.ts',
    from: 'return (await answered(this.#redis.getdel(nonceKey(nonce)))) !== null;',
    to: `const found = await answered(this.#redis.get(nonceKey(nonce)));
    await answered(this.#redis.del(nonceKey(nonce)));
    return found !== null;`,
    testFile: 'test/actors/session-guard/redis-session-store.test.ts',
    test: NONCE_TEST,
  },
  {
    name: 'a tick log that lost its end is settled from',
    file: 'src/actors/resolver/start-resolver.ts',
    from: 'if (lastLoggedSeq < snapshot.cursorSeq)',
    to: 'if (lastLoggedSeq < 0)',
    testFile: 'test/actors/resolver/resolver-restart.test.ts',
    test: 'refuses a tick log that ends before the ledger',
  },
  {
    name: 'a turn forgets what it answered in an earlier commit',
    file: 'src/actors/resolver/resolver-state.ts',
    from: 'this.answers = [];',
    to: 'this.answers = []; this.answered.clear();',
    testFile: 'test/actors/resolver/many-bets-at-a-tick.test.ts',
    test: 'are answered the same when asked again in the very turn',
  },
  {
    name: 'answers of a tick leave before their commit',
    file: 'src/actors/resolver/execute-bets.ts',
    from: `await commitTurn(state, context);
      await context.release();`,
    to: `await context.release();
      await commitTurn(state, context);`,
    testFile: 'test/actors/resolver/many-bets-at-a-tick.test.ts',
    test: 'keep what was committed when a later piece fails',
  },
  {
    name: 'the anchor of the ledger is not looked at',
    file: 'src/actors/resolver/ledger-guard.ts',
    from: 'if (found.commitSeq < anchor.commitSeq)',
    to: 'if (found.commitSeq < 0)',
    testFile: 'test/actors/resolver/ledger-guard.test.ts',
    test: 'that is an old backup is refused',
  },
  {
    name: 'a missing ledger is begun anew',
    file: 'src/actors/resolver/ledger-guard.ts',
    from: 'if (!existsSync(ledgerPath) || statSync(ledgerPath).size === 0)',
    to: 'if (!existsSync(ledgerPath)) return;\n  if (statSync(ledgerPath).size === 0)',
    testFile: 'test/actors/resolver/ledger-guard.test.ts',
    test: 'that is deleted is refused',
  },
  {
    name: 'the high edge of a band is in it',
    file: 'src/domain/settlement.ts',
    from: 'closeCents < highCents)',
    to: 'closeCents <= highCents)',
    testFile: 'test/domain/settlement-kinds.test.ts',
    test: 'on the high edge',
  },
  {
    name: 'the price at the close is rounded up',
    file: 'src/domain/settlement.ts',
    from: 'priceCentsAt(from, tick, closesAtMs).floor',
    to: 'priceCentsAt(from, tick, closesAtMs).ceil',
    testFile: 'test/domain/settlement-kinds.test.ts',
    test: 'a quarter of a cent below the high edge',
  },
  {
    name: 'payouts are products of floating point',
    file: 'src/domain/units.ts',
    from: 'const product = BigInt(a) * BigInt(b);',
    to: 'const product = BigInt(a * b);',
    testFile: 'test/domain/units.test.ts',
    test: 'pays the exact product',
  },
  {
    name: 'sums are taken as they come',
    file: 'src/domain/units.ts',
    from: 'if (!Number.isSafeInteger(n)) throw',
    to: 'if (Number.isNaN(n)) throw',
    testFile: 'test/domain/units.test.ts',
    test: 'refuses a sum that a number cannot hold',
  },
  {
    name: 'a letter posted again is another letter',
    file: 'src/runtime/mailbox/redis-post-office.ts',
    from: "const onceId = envelope.once ? envelope.id : '';",
    to: "const onceId = '';",
    testFile: 'test/integration/mailbox-faults.test.ts',
    test: 'takes a letter once that was posted again because the answer was lost',
  },
  {
    name: 'a full Redis takes asks',
    file: 'src/runtime/mailbox/redis-post-office.ts',
    from: 'if (isNewWork && this.#options.memory?.isRefusing)',
    to: 'if (isNewWork && this.#options.lettersMax === 0)',
    testFile: 'test/integration/mailbox-faults.test.ts',
    test: 'refuses asks from nine tenths on',
  },
  {
    name: 'a mailbox that vanished stays away',
    file: 'src/runtime/mailbox/redis-post-office.ts',
    from: 'await createMailbox(redis, to);',
    to: '',
    testFile: 'test/integration/redis-mailbox.test.ts',
    test: 'a letter lost with its mailbox may be posted again under its id',
  },
  {
    name: 'a reader goes on over a gap in silence',
    file: 'src/runtime/outbox/outbox-reader.ts',
    from: 'this.#options.onGap(gap);',
    to: '',
    testFile: 'test/runtime/outbox/outbox.test.ts',
    test: 'is told of entries that are gone, then goes on behind them',
  },
  {
    name: 'after a gap nobody is shown anything',
    file: 'src/actors/broadcaster/fan-out.ts',
    from: 'for (const session of sessions) session.showAnew();',
    to: 'void sessions;',
    testFile: 'test/actors/broadcaster/socket-session.test.ts',
    test: 'after missed events shows the snapshot anew',
  },
  {
    name: 'a history that does not reach back far enough answers all the same',
    file: 'src/actors/history-writer/history-upkeep.ts',
    from: 'return extent && this.#covers(extent, range) ? [...ticks] : undefined;',
    to: 'return extent ? [...ticks] : undefined;',
    testFile: 'test/actors/history-writer/history-upkeep.test.ts',
    test: 'is filled from the log at start, a few frames at a time, newest first',
  },
  {
    name: 'a damaged frame of the history is read',
    file: 'src/actors/history-writer/packing/tick-frame.ts',
    from: 'if (checksum !== crc32(bytes.subarray(0, end)))',
    to: 'if (checksum === Number.NaN)',
    testFile: 'test/actors/history-writer/packing/tick-frame.test.ts',
    test: 'is damaged by any flipped bit, any cut and any byte more',
  },
  {
    name: 'by a clock that was set back, bets are executed in hindsight',
    file: 'src/actors/resolver/resolver-actor.ts',
    from: 'requests.length > 0) await applyAllRecorded(state, context);',
    to: 'requests.length < 0) await applyAllRecorded(state, context);',
    testFile: 'test/actors/resolver/resolver-races.test.ts',
    test: 'back by half a second takes no bet for a tick that was recorded before it',
  },
  {
    name: 'a refusal overtakes what was accepted before it',
    file: 'src/actors/broadcaster/bet-desk.ts',
    from: 'return proofs.withReceiptOfTurn(await groups.place(token, keyed, wallet));',
    to: `const it = await groups.place(token, keyed, wallet);
    return it.ok ? proofs.withReceiptOfTurn(it) : it;`,
    testFile: 'test/actors/broadcaster/shared-receipts.test.ts',
    test: 'answers on one json socket keep their order, accepted or refused',
  },
  {
    name: 'receipts are signed after the packet of their turn',
    file: 'src/actors/broadcaster/receipt-signer.ts',
    from: 'process.nextTick(() => this.#signWaiting());',
    to: 'setImmediate(() => this.#signWaiting());',
    testFile: 'test/actors/broadcaster/receipt-signer.test.ts',
    test: 'is done before the turn of the loop ends, so that what it signed leaves with the rest',
  },
  {
    name: 'an empty path is a second way to write a receipt',
    file: 'src/domain/proof/proof.ts',
    from: 'value.length > 0 &&',
    to: 'value.length >= 0 &&',
    testFile: 'test/domain/proof/shared-signature.test.ts',
    test: 'with a path that is none is malformed, and names it',
  },
  {
    name: 'a text is taken for another of its length',
    file: 'src/domain/proof/typed-data.ts',
    from: 'if (value !== written[place])',
    to: 'if (String(value).length !== String(written[place]).length)',
    testFile: 'test/domain/proof/typed-data.test.ts',
    test: 'digests any receipt after any other, and after one that cannot be digested',
  },
];
