/** Crashes on either side of every commit, and what a new life makes of what the old one left. */

import { describe, expect, it } from 'vitest';
import { IDENTITY_CALIBRATION } from '../../../src/domain/calibration/calibration-table.ts';
import { cents } from '../../../src/domain/units.ts';
import { ACCOUNT_EVENTS } from '../../../src/protocol/account-events.ts';
import { encode } from '../../../src/protocol/codec.ts';
import { RESOLVER } from '../../../src/protocol/letters/resolver.ts';
import { createTestSystem } from '../../../src/runtime/test-kit/create-test-system.ts';
import { FaultyCommits } from '../../support/ledger-store.ts';
import { cellAt, OTHER_WALLET, START_MS, tickAt, WALLET } from '../../support/market.ts';
import { ResolverRig, startRig } from '../../support/resolver-rig.ts';

async function faultyRig(): Promise<{ rig: ResolverRig; faulty: FaultyCommits }> {
  const faulty = new FaultyCommits();
  return { rig: await startRig({ wrapStore: faulty.wrap }), faulty };
}

describe('a commit that fails', () => {
  it('crashes the actor and leaves nothing: no bet, no answer, no signal', async () => {
    const { rig, faulty } = await faultyRig();
    const events = await rig.events();
    const before = await rig.store.totals();
    const { answer } = await rig.send(rig.body());
    let answered = false;
    void answer.then(() => (answered = true));
    faulty.fault = 'before';
    await rig.tick();
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    expect(rig.system.crashes.at(-1)?.error.message).toContain('disk is full');
    expect([answered, events, await rig.store.totals()]).toEqual([false, [], before]);

    faulty.fault = undefined;
    await rig.restart();
    await rig.ticks(2);
    expect(await answer).toMatchObject({ ok: true });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 1 } });
  });

  it('on settling loses no settlement', async () => {
    const { rig, faulty } = await faultyRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_500);
    faulty.fault = 'before';
    const touching = await rig.tick({ priceCents: cents(bet.lowCents) });
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    faulty.fault = undefined;
    await rig.restart();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'won', settledSeq: touching.seq });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', escrowMicros: '0', bets: { won: 1 } });
  });
});

describe('a crash', () => {
  it('after the commit and before the answer: the same answer, once', async () => {
    const { rig, faulty } = await faultyRig();
    const { answer } = await rig.send(rig.body());
    faulty.fault = 'after';
    const executing = await rig.tick();
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    faulty.fault = undefined;
    await rig.restart();
    expect(await answer).toMatchObject({ ok: true, value: { acceptedSeq: executing.seq } });
    await rig.ticks(3);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 1 } });
  });

  it('after the commit and before its events left: the new life tells them, once', async () => {
    const { rig, faulty } = await faultyRig();
    const bet = await rig.accepted();
    const events = await rig.events();
    await rig.ticksUntil(10_500);
    faulty.fault = 'after';
    await rig.tick({ priceCents: cents(bet.lowCents) });
    expect(rig.system.isCrashed(RESOLVER.name)).toBe(true);
    expect(events).toEqual([]);
    faulty.fault = undefined;
    await rig.restart();
    expect(events).toMatchObject([{ type: 'BetSettled', bet: { id: bet.id, status: 'won' } }]);
    await rig.restart();
    await rig.ticks(3);
    expect(events).toHaveLength(1);
  });

  it('and a lost stream: what was told is not told again', async () => {
    const rig = await startRig();
    const events = await rig.events();
    const bet = await rig.accepted();
    rig.system.outbox(ACCOUNT_EVENTS).vanish();
    await rig.restart();
    await rig.openAccount(OTHER_WALLET);
    await rig.system.advance(1_000);
    expect(events.map(({ type, wallet }) => [type, wallet])).toEqual([
      ['BetAccepted', bet.wallet],
      ['AccountOpened', OTHER_WALLET],
    ]);
    expect(rig.system.crashes.map(({ error }) => error.message)).toEqual(['killed']);
  });

  it('before the executing tick: the bet is executed by the new life, in time', async () => {
    const rig = await startRig();
    const { answer } = await rig.send(rig.body());
    await rig.restart();
    const executing = await rig.tick();
    expect(await answer).toMatchObject({ ok: true, value: { acceptedSeq: executing.seq } });
  });

  it('so long that the bet would be priced in hindsight: EXECUTION_TOO_LATE', async () => {
    const rig = await startRig();
    const { answer } = await rig.send(rig.body());
    rig.system.crashes.length = 0;
    await rig.system.stop(RESOLVER.name);
    for (let i = 0; i < 15; i += 1) await rig.tick({ delivered: false });
    await rig.restart();
    await rig.ticks(3);
    expect(await answer).toMatchObject({ error: { code: 'EXECUTION_TOO_LATE' } });
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 0 } });
  });

  it('with 100 bets waiting loses none and takes none twice', async () => {
    const rig = await startRig();
    const wallets = Array.from({ length: 100 }, (_, i) => `0x${String(i).padStart(40, '0')}`);
    for (const wallet of wallets) await rig.openAccount(wallet);
    const sent = [];
    for (const wallet of wallets) sent.push(await rig.send(rig.body({ wallet })));
    await rig.restart();
    await rig.ticks(2);
    const answers = await Promise.all(sent.map(({ answer }) => answer));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(await rig.summary()).toMatchObject({ sumMicros: '0', bets: { open: 100 } });
    rig.system.expectNoDeadLetters();
  });
});

describe('a new life', () => {
  it('settles what the ticks since then decided, and says so', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_200);
    await rig.system.stop(RESOLVER.name);
    const touching = await rig.tick({ priceCents: cents(bet.lowCents), delivered: false });
    await rig.ticksUntil(30_000, { delivered: false, priceCents: cents(6_000_500) });
    const events = await rig.events();
    await rig.restart();
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'won', settledSeq: touching.seq });
    expect(events).toMatchObject([{ type: 'BetSettled', wallet: WALLET, bet: { status: 'won' } }]);
  });

  it('counts the pause of the feed across the restart as a gap', async () => {
    const rig = await startRig();
    const bet = await rig.accepted();
    await rig.ticksUntil(10_500);
    await rig.system.stop(RESOLVER.name);
    await rig.restart();
    const next = await rig.tick({}, 2_100);
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void', reason: 'FEED_GAP', settledSeq: next.seq });
  });

  it('knows how long a window was degraded before it', async () => {
    const rig = await startRig();
    const bet = await rig.accepted({ cell: cellAt(3) });
    await rig.ticksUntil(10_000);
    await rig.ticksUntil(10_700, { quality: 'degraded' });
    await rig.restart();
    await rig.ticksUntil(11_000, { quality: 'degraded' });
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'open' });
    await rig.tick({ quality: 'degraded' });
    expect(await rig.bet(bet.id)).toMatchObject({ status: 'void', reason: 'FEED_DEGRADED' });
  });

  it('prices as the old one would have', async () => {
    const wobble = async (restarts: boolean) => {
      const rig = await startRig();
      for (let i = 0; i < 100; i += 1) await rig.tick({ priceCents: cents(6_000_500 + ((i * 7) % 11) * 60) });
      if (restarts) await rig.restart();
      return rig.accepted({ cell: cellAt(1, 30_000) });
    };
    const [through, anew] = [await wobble(false), await wobble(true)];
    expect(anew).toEqual(through);
  });

  it('skips a past of many hours in which nothing was open', async () => {
    const rig = await startRig();
    await rig.system.stop(RESOLVER.name);
    const reads: number[] = [];
    const { readAfter } = rig.tickLog;
    rig.tickLog.readAfter = (seq, limit) => {
      reads.push(seq);
      return readAfter.call(rig.tickLog, seq, limit);
    };
    for (let seq = 2; seq <= 220_001; seq += 1) rig.tickLog.record(tickAt(seq));
    await rig.system.advance(22_000_000);
    await rig.restart();
    expect(await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} })).toMatchObject({
      ok: true,
      value: { seq: 220_001 },
    });
    expect(await rig.store.load()).toMatchObject({ cursorSeq: 220_001 });
    expect(reads.filter((seq) => seq > 1 && seq < 210_000)).toEqual([]);
  });

  it('has the same odds as if it had never ended, kept or followed up in the log', async () => {
    const wobble = (i: number) => cents(6_000_500 + ((i * 7_919) % 41) * 100 + (i % 300) * 5);
    const oddsAfter = async (restartsAt: readonly number[]) => {
      const rig = await startRig();
      for (let i = 0; i < 1_500; i += 1) {
        await rig.tick({ priceCents: wobble(i) });
        if (i === 550) await rig.send(rig.body({ cell: cellAt(2, 65_000) }));
        if (restartsAt.includes(i)) await rig.restart();
      }
      const [market, report] = [
        await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} }),
        await rig.system.ask(RESOLVER, { type: 'GetCalibration', body: {} }),
      ];
      return { market, report };
    };
    const through = await oddsAfter([]);
    expect(through.report).toMatchObject({
      ok: true,
      value: { offeredCells: { sinceMs: START_MS + 15_000 } },
    });
    expect(through.report).toMatchObject({ ok: true, value: { settledBets: { n: 1, voids: 0 } } });
    expect(through.market.ok && through.market.value.calibration.version).not.toBe(
      IDENTITY_CALIBRATION.version,
    );
    for (const restartsAt of [[20], [599], [601], [640, 700, 1_499], [705]]) {
      expect(await oddsAfter(restartsAt)).toEqual(through);
    }
  });

  it('begins with the fitted odds when the kept ones are of other rules, or garbage', async () => {
    const rig = await startRig();
    await rig.ticks(700);
    for (const bytes of [new Uint8Array([1, 2, 3]), encode({ rules: 'others', odds: { tickSeq: 700 } })]) {
      const { storedOdds } = await rig.store.load();
      if (!storedOdds) throw new Error('no odds were kept');
      await rig.store.commit({ booked: [], answers: [], cursorSeq: 701, odds: { ...storedOdds, bytes } });
      await rig.restart();
      const market = await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} });
      expect(market).toMatchObject({ ok: true, value: { seq: 701 } });
    }
  });

  it('refuses a tick log that ends before the ledger', async () => {
    const rig = await startRig();
    await rig.ticks(30);
    const other = new ResolverRig(await createTestSystem({ startMs: START_MS }), {
      wrapStore: () => rig.store,
    });
    await expect(other.start()).rejects.toThrow('refusing to settle');
  });

  it('takes no bets when the books do not add up, and goes on answering', async () => {
    const rig = await startRig();
    rig.database.exec("UPDATE accounts SET balance_micros = balance_micros + 1 WHERE name = 'house'");
    await rig.restart();
    expect(await rig.place()).toMatchObject({ error: { code: 'PAUSED' } });
    expect(await rig.account()).toMatchObject({ openBets: 0 });
    expect(await rig.system.ask(RESOLVER, { type: 'GetMarket', body: {} })).toMatchObject({
      value: { paused: true },
    });
  });

  it('does not fund the house or grant again', async () => {
    const rig = await startRig();
    const before = await rig.summary();
    for (let i = 0; i < 3; i += 1) await rig.restart();
    await rig.openAccount();
    expect(await rig.summary()).toEqual(before);
    expect(await rig.place({ wallet: OTHER_WALLET })).toMatchObject({
      error: { code: 'INSUFFICIENT_BALANCE' },
    });
  });
});
