/** Several bets in one letter: each by itself, in order, once, whatever ends in between. */
import { describe, expect, it } from 'vitest';
import { micros } from '../../../src/domain/units.ts';
import type { BetView } from '../../../src/protocol/bet-view.ts';
import type { Outcome } from '../../../src/protocol/errors.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { FaultyCommits } from '../../support/ledger-store.ts';
import { cellAt, OTHER_WALLET } from '../../support/market.ts';
import { type ResolverRig, startRig } from '../../support/resolver-rig.ts';

const codes = (outcomes: readonly Outcome<BetView>[]): string[] =>
  outcomes.map((outcome) => (outcome.ok ? 'ACCEPTED' : outcome.error.code));

const WIDE = { bet: 1, walletOpen: 1, walletMinute: 1, cell: 1, column: 1, minute: 1, total: 1 };
const stakeMicros = micros(100_000_000);

/** Two that are taken, one that is not, and both keys again: with the same body, and with another one. */
function bodiesOf(rig: ResolverRig) {
  const [first, second] = [rig.body({ cell: cellAt(1) }), rig.body({ cell: cellAt(2) })];
  const tooSmall = rig.body({ cell: cellAt(-1), stakeMicros: micros(1) });
  return [first, tooSmall, second, first, { ...second, stakeMicros: micros(20_000_000) }];
}
const EXPECTED = ['ACCEPTED', 'STAKE_OUT_OF_RANGE', 'ACCEPTED', 'ACCEPTED', 'IDEMPOTENCY_CONFLICT'];

describe('a batch', () => {
  it('has a result for each of its bets, in order, at one tick', async () => {
    const rig = await startRig();
    const events = await rig.events();
    const { answers } = await rig.sendBatch(bodiesOf(rig));
    const tick = await rig.tick();
    const results = await answers;
    expect(codes(results)).toEqual(EXPECTED);
    expect(results[3]).toEqual(results[0]);
    for (const result of results) if (result.ok) expect(result.value.acceptedSeq).toBe(tick.seq);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 2 } });
    expect(events.map(({ type }) => type)).toEqual(['BetAccepted', 'BetAccepted']);
  });

  it('each of which sees what the ones before it took up', async () => {
    const rig = await startRig({ rules: { caps: { ...WIDE, column: 0.000_05 } } });
    const bodies = [1, 2, 3, -1, -2].map((row) => rig.body({ cell: cellAt(row), stakeMicros }));
    const { answers } = await rig.sendBatch(bodies);
    await rig.tick();
    const results = await answers;
    const alone = await startRig({ rules: { caps: { ...WIDE, column: 0.000_05 } } });
    const second = await alone.accepted({ cell: cellAt(2), stakeMicros });
    expect(codes(results)).toContain('COLUMN_CAP');
    expect(codes(results)[0]).toBe('ACCEPTED');
    expect(results[1]?.ok && Number(results[1].value.multiplier)).toBeLessThan(Number(second.multiplier));
  });

  it('spends a balance once', async () => {
    const rig = await startRig({ rules: { startingGrantMicros: stakeMicros } });
    const bodies = [1, 2].map((row) => rig.body({ cell: cellAt(row), stakeMicros }));
    const { answers } = await rig.sendBatch(bodies);
    await rig.tick();
    expect(codes(await answers)).toEqual(['ACCEPTED', 'INSUFFICIENT_BALANCE']);
  });

  it('is answered the same again, as a batch and bet by bet', async () => {
    const rig = await startRig();
    const bodies = bodiesOf(rig);
    const { answers } = await rig.sendBatch(bodies);
    await rig.ticks(5);
    const first = await answers;
    expect(await (await rig.sendBatch(bodies)).answers).toEqual(first);
    for (const [at, body] of bodies.entries()) expect(await (await rig.send(body)).answer).toEqual(first[at]);
    expect(await rig.summary()).toMatchObject({ bets: { open: 2 } });
  });

  it('joins a bet that waits alone, and the other way round', async () => {
    const rig = await startRig();
    const [one, other] = [rig.body({ cell: cellAt(1) }), rig.body({ cell: cellAt(2) })];
    const alone = await rig.send(one);
    const batch = await rig.sendBatch([other, one]);
    const after = await rig.send(other);
    await rig.ticks(2);
    const results = await batch.answers;
    expect([results[1], results[0]]).toEqual([await alone.answer, await after.answer]);
    expect(await rig.summary()).toMatchObject({ bets: { open: 2 } });
  });

  it('of bets that are all decided at receipt is answered at once', async () => {
    const rig = await startRig();
    const bodies = [1, 2].map((row) => rig.body({ cell: { ...cellAt(row), opensAtMs: 1 } }));
    expect(codes(await (await rig.sendBatch(bodies)).answers)).toEqual(['CELL_DISABLED', 'CELL_DISABLED']);
  });

  it('that finds no tick is refused whole, and nothing of it is placed later', async () => {
    const rig = await startRig();
    const { answers } = await rig.sendBatch([1, 2].map((row) => rig.body({ cell: cellAt(row, 20_000) })));
    await rig.system.advance(1_500);
    expect(codes(await answers)).toEqual(['EXECUTION_TOO_LATE', 'EXECUTION_TOO_LATE']);
    await rig.ticks(3);
    expect(await rig.summary()).toMatchObject({ bets: { open: 0 } });
  });
});

describe('a batch and a crash', () => {
  it.each(['before', 'after'] as const)('%s its commit: one result each, no bet twice', async (fault) => {
    const faulty = new FaultyCommits();
    const rig = await startRig({ wrapStore: faulty.wrap });
    const bodies = bodiesOf(rig);
    const { answers } = await rig.sendBatch(bodies);
    faulty.fault = fault;
    const executing = await rig.tick();
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    faulty.fault = undefined;
    await rig.restart();
    await rig.ticks(2);
    const results = await answers;
    expect(codes(results)).toEqual(EXPECTED);
    const [first] = results;
    const seq = first?.ok ? first.value.acceptedSeq : 0;
    expect(seq > executing.seq).toBe(fault === 'before');
    expect(await (await rig.sendBatch(bodies)).answers).toEqual(results);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 2 } });
    rig.system.expectNoDeadLetters();
  });

  it('while it waits, when some of it was decided before: those keep their answers', async () => {
    const rig = await startRig();
    const [early, late] = [rig.body({ cell: cellAt(1) }), rig.body({ cell: cellAt(2) })];
    const known = await rig.send(early);
    await rig.ticks(2);
    const { answers } = await rig.sendBatch([early, late]);
    await rig.restart();
    await rig.ticks(2);
    const results = await answers;
    expect(results[0]).toEqual(await known.answer);
    expect(codes(results)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect(await rig.summary()).toMatchObject({ bets: { open: 2 } });
  });

  it('that lasts too long: what was not decided is refused, for ever', async () => {
    const faulty = new FaultyCommits();
    const rig = await startRig({ wrapStore: faulty.wrap });
    const bodies = [1, 2].map((row) => rig.body({ cell: cellAt(row, 30_000) }));
    const { answers } = await rig.sendBatch(bodies);
    faulty.fault = 'before';
    await rig.tick();
    await rig.tick({}, 1_500);
    faulty.fault = undefined;
    await rig.restart();
    await rig.ticks(2);
    expect(codes(await answers)).toEqual(['EXECUTION_TOO_LATE', 'EXECUTION_TOO_LATE']);
    expect(codes(await (await rig.sendBatch(bodies)).answers)).toEqual(codes(await answers));
  });

  it("keeps one wallet's keys apart from another's", async () => {
    const rig = await startRig();
    await rig.openAccount(OTHER_WALLET);
    const mine = rig.body({ cell: cellAt(1) });
    const one = await rig.sendBatch([mine]);
    const other = await rig.sendBatch([{ ...mine, wallet: OTHER_WALLET }]);
    await rig.ticks(2);
    const results = [...(await one.answers), ...(await other.answers)];
    expect(codes(results)).toEqual(['ACCEPTED', 'ACCEPTED']);
    expect(new Set(results.map((result) => result.ok && result.value.id)).size).toBe(2);
  });
});
